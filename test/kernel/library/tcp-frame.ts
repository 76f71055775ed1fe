import { addBytes, finishChecksum } from '../../../src/packet/bytes/internet-checksum.js';
import { SegmentLayout } from '../../../src/packet/offload/segment-layout.js';

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const ECE = 64;
export const CWR = 128;

/** Ethernet, IPv4 and TCP without options. Bytes. */
export const TCP_FRAME_HEADER_BYTES = 54;

/** MSS 1460 and a window scale of 10, padded. */
export const SYN_OPTIONS = Uint8Array.of(2, 4, 1460 >> 8, 1460 & 255, 1, 3, 3, 10);
export const WINDOW_SCALE = 10;

const layout = new SegmentLayout();

/** The fields of a TCP segment that a test reads. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  /** As in the header, unscaled. */
  readonly window: number;
  /** A view of the frame, valid as long as the frame. */
  readonly payload: Uint8Array;
  /** The window scale that a SYN offers; 0 if it offers none. */
  readonly windowScale: number;
}

/** The TCP segment in `frame`; undefined if it carries something else. */
export function readTcp(frame: Uint8Array): TcpSegment | undefined {
  if (!layout.read(frame) || !layout.isTcp) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const at = layout.transportOffset;
  return {
    sourcePort: view.getUint16(at),
    destinationPort: view.getUint16(at + 2),
    sequence: view.getUint32(at + 4),
    acknowledged: view.getUint32(at + 8),
    flags: view.getUint8(at + 13),
    window: view.getUint16(at + 14),
    payload: frame.subarray(layout.payloadOffset, layout.payloadEnd),
    windowScale: windowScaleOf(frame.subarray(at + 20, layout.payloadOffset)),
  };
}

function windowScaleOf(options: Uint8Array): number {
  for (let at = 0; at < options.length; ) {
    if (options[at] === 1) {
      at += 1;
      continue;
    }
    if (options[at] === 0 || options[at + 1]! < 2) break;
    if (options[at] === 3) return options[at + 2]!;
    at += options[at + 1]!;
  }
  return 0;
}

export interface TcpHeader {
  readonly destinationMac: Uint8Array;
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly flags: number;
  readonly options?: Uint8Array;
  /** Bytes that follow the headers. */
  readonly payloadBytes?: number;
}

/** Writes the headers of a TCP segment into `bytes`, its own checksum left 0; returns how long they are. */
export function writeTcp(bytes: Uint8Array, header: TcpHeader): number {
  const options = header.options ?? new Uint8Array(0);
  const length = TCP_FRAME_HEADER_BYTES + options.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  bytes.fill(0, 0, length);
  bytes.set(header.destinationMac, 0);
  bytes.set([2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0], 6);
  view.setUint16(16, length - 14 + (header.payloadBytes ?? 0));
  bytes.set([0x40, 0, 64, 6], 20);
  bytes.set(header.source, 26);
  bytes.set(header.destination, 30);
  view.setUint16(24, finishChecksum(addBytes(0, bytes, 14, 34)));
  view.setUint16(34, header.sourcePort);
  view.setUint16(36, header.destinationPort);
  view.setUint32(38, header.sequence);
  view.setUint32(42, header.acknowledged);
  bytes[46] = (5 + options.length / 4) << 4;
  bytes[47] = header.flags;
  view.setUint16(48, 0xffff);
  bytes.set(options, TCP_FRAME_HEADER_BYTES);
  return length;
}
