import { PcapngClock } from './pcapng-clock.js';
import {
  BLOCK_TRAILER_SIZE,
  FCS_BYTES_MAX,
  IDB_LINKTYPE,
  IDB_OPTIONS,
  IDB_SNAPLEN,
  IF_FCSLEN,
  IF_NAME,
  IF_TSOFFSET,
  IF_TSRESOL,
  TSRESOL_DEFAULT,
} from './pcapng-format.js';
import { PcapngOptions } from './pcapng-options.js';

const UTF8 = new TextDecoder();

/** What an interface description block says. */
export interface PcapngInterface {
  readonly linkType: number;
  /** Most bytes that a packet of it has, 0 for no limit. */
  readonly snapshotBytes: number;
  /** '' if the block does not name it. */
  readonly name: string;
  readonly clock: PcapngClock;
  /** Bytes of frame check sequence at the end of each packet. */
  readonly fcsBytes: number;
}

/**
 * Reads the interface description block of `blockBytes` that begins at `start`. Undefined if an option reaches beyond it.
 * Keeps nothing of the view.
 */
export function readPcapngInterface(
  view: DataView,
  start: number,
  blockBytes: number,
  littleEndian: boolean,
): PcapngInterface | undefined {
  let name = '';
  let resolution = TSRESOL_DEFAULT;
  let offsetSeconds = 0n;
  let fcsBytes = 0;
  const options = new PcapngOptions();
  options.reset(view, littleEndian, start + IDB_OPTIONS, start + blockBytes - BLOCK_TRAILER_SIZE);
  while (options.next()) {
    if (options.code === IF_NAME) name = decodeText(view, options.offset, options.length);
    else if (options.code === IF_TSRESOL && options.length === 1) resolution = view.getUint8(options.offset);
    else if (options.code === IF_FCSLEN && options.length === 1)
      fcsBytes = readFcsLength(view.getUint8(options.offset));
    else if (options.code === IF_TSOFFSET && options.length === 8) {
      offsetSeconds = view.getBigInt64(options.offset, littleEndian);
    }
  }
  if (options.overrun) return undefined;
  return {
    linkType: view.getUint16(start + IDB_LINKTYPE, littleEndian),
    snapshotBytes: view.getUint32(start + IDB_SNAPLEN, littleEndian),
    name,
    clock: new PcapngClock(resolution, offsetSeconds),
    fcsBytes,
  };
}

/** The draft counts bits and gives 4 as its example. Programs write bytes, and no sequence has more than FCS_BYTES_MAX. */
function readFcsLength(value: number): number {
  return value <= FCS_BYTES_MAX ? value : value >>> 3;
}

/** Without the zero byte that some writers put at the end. */
function decodeText(view: DataView, offset: number, length: number): string {
  const text = UTF8.decode(new Uint8Array(view.buffer, view.byteOffset + offset, length));
  const zero = text.indexOf('\0');
  return zero < 0 ? text : text.slice(0, zero);
}
