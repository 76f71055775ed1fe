import { VIRTIO_NET_HDR_MRG_RXBUF_SIZE, VIRTIO_NET_HDR_SIZE } from '../headers/virtio-net-header.js';
import { type PacketDirection, QUEUE_UNKNOWN } from './capture-reader.js';
import {
  CUSTOM_ENTERPRISE_NUMBER,
  CUSTOM_HEADER,
  CUSTOM_HEADER_LENGTH,
  CUSTOM_MARKER,
  CUSTOM_STATE,
  CUSTOM_STATE_CHECKSUM_FINISHED,
  EPB_FLAGS,
  EPB_FLAGS_DIRECTION,
  EPB_FLAGS_INBOUND,
  EPB_FLAGS_OUTBOUND,
  EPB_QUEUE,
  OPT_CUSTOM_BINARY,
} from './pcapng-format.js';
import { PcapngOptions } from './pcapng-options.js';

const NO_BYTES = new Uint8Array(0);
const PEN_SIZE = 4;

/** What a packet block's options tell, read when it is first asked for. Borrowed until the block is gone. */
export class PcapngPacketFacts {
  readonly #options = new PcapngOptions();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #littleEndian = false;
  #start = 0;
  #end = 0;
  #isRead = true;
  #queue = QUEUE_UNKNOWN;
  #direction: PacketDirection = 'unknown';
  #virtioNetHeader: Uint8Array = NO_BYTES;
  #checksumFinished = false;

  /** Turns to the options from `start` to before `end`. An option that reaches beyond ends the list. */
  reset(view: DataView, littleEndian: boolean, start: number, end: number): void {
    this.#view = view;
    this.#littleEndian = littleEndian;
    this.#start = start;
    this.#end = end;
    this.#isRead = false;
  }

  get queue(): number {
    this.#read();
    return this.#queue;
  }

  get direction(): PacketDirection {
    this.#read();
    return this.#direction;
  }

  get virtioNetHeader(): Uint8Array {
    this.#read();
    return this.#virtioNetHeader;
  }

  get checksumFinished(): boolean {
    this.#read();
    return this.#checksumFinished;
  }

  #read(): void {
    if (this.#isRead) return;
    this.#isRead = true;
    this.#queue = QUEUE_UNKNOWN;
    this.#direction = 'unknown';
    this.#virtioNetHeader = NO_BYTES;
    this.#checksumFinished = false;
    this.#options.reset(this.#view, this.#littleEndian, this.#start, this.#end);
    while (this.#options.next()) this.#take(this.#options);
  }

  #take({ code, offset, length }: PcapngOptions): void {
    if (code === EPB_QUEUE && length === 4) {
      this.#queue = this.#view.getUint32(offset, this.#littleEndian);
    } else if (code === EPB_FLAGS && length === 4) {
      this.#direction = decodeDirection(this.#view.getUint32(offset, this.#littleEndian));
    } else if (code === OPT_CUSTOM_BINARY && length >= CUSTOM_HEADER && this.#isOurs(offset)) {
      this.#takeHeader(offset, length - CUSTOM_HEADER);
    }
  }

  /** An option whose lengths contradict each other is somebody else's, or broken: the packet then has no header. */
  #takeHeader(offset: number, room: number): void {
    const length = this.#view.getUint8(offset + CUSTOM_HEADER_LENGTH);
    if (length !== VIRTIO_NET_HDR_SIZE && length !== VIRTIO_NET_HDR_MRG_RXBUF_SIZE) return;
    if (length > room) return;
    const { buffer, byteOffset } = this.#view;
    this.#virtioNetHeader = new Uint8Array(buffer, byteOffset + offset + CUSTOM_HEADER, length);
    this.#checksumFinished =
      (this.#view.getUint8(offset + CUSTOM_STATE) & CUSTOM_STATE_CHECKSUM_FINISHED) !== 0;
  }

  #isOurs(offset: number): boolean {
    if (this.#view.getUint32(offset, this.#littleEndian) !== CUSTOM_ENTERPRISE_NUMBER) return false;
    return CUSTOM_MARKER.every((byte, index) => this.#view.getUint8(offset + PEN_SIZE + index) === byte);
  }
}

function decodeDirection(flags: number): PacketDirection {
  switch (flags & EPB_FLAGS_DIRECTION) {
    case EPB_FLAGS_INBOUND:
      return 'inbound';
    case EPB_FLAGS_OUTBOUND:
      return 'outbound';
    default:
      return 'unknown';
  }
}
