import type { ByteQueue } from '../bytes/byte-queue.js';

/** Which way a packet passed the interface, as the capture says. */
export type PacketDirection = 'inbound' | 'outbound' | 'unknown';

/** `CaptureRecord.queue` of a capture that names no queue. */
export const QUEUE_UNKNOWN = -1;

/** `CaptureRecord.linkType` before the capture has named one. */
export const LINKTYPE_UNKNOWN = -1;

const NO_BYTES = new Uint8Array(0);

/**
 * The current record of a capture. One object serves for all records, and only the reader changes it. Its bytes are
 * borrowed until the reader's next `push` or `next`.
 */
export class CaptureRecord {
  readonly #queue: ByteQueue;
  #frame: Uint8Array | undefined;
  #frameOffset = 0;
  #header: Uint8Array | undefined = NO_BYTES;
  #headerOffset = 0;
  #headerBytes = 0;

  /**
   * Bytes in front of the frame that belong to its record too. The reader has read them and does not need them any more, so
   * they may be overwritten.
   */
  headroom = 0;
  /** 1 for the first record, 0 before it. */
  number = 0;
  /** LINKTYPE_ value. Before the first record that of the first interface, if it is known. */
  linkType = LINKTYPE_UNKNOWN;
  /** Bytes of `frame`. */
  capturedLength = 0;
  /** The packet's length before a snapshot length cut it. */
  originalLength = 0;
  /** Whether the capture has a time for it; if not, `seconds` and `nanoseconds` are 0. */
  timed = true;
  /** Since 1970 in UTC; rounded if a number cannot hold them. */
  seconds = 0;
  /** `seconds` without rounding; undefined if they are exact. */
  exactSeconds: bigint | undefined;
  /** 0 to 999,999,999. */
  nanoseconds = 0;
  /** Which interface of the whole capture: 0 for the first one described, counted over all sections. */
  interfaceId = 0;
  /** '' if the capture does not name it. */
  interfaceName = '';
  /** QUEUE_UNKNOWN if the capture does not name it. */
  queue = QUEUE_UNKNOWN;
  direction: PacketDirection = 'unknown';
  /** Whether the checksum that `virtioNetHeader` leaves unfinished is finished in `frame`. */
  checksumFinished = false;

  /** The bytes of the record lie in `queue`. */
  constructor(queue: ByteQueue) {
    this.#queue = queue;
  }

  /** Says where the frame lies in the queue's bytes, behind `headroom` bytes of its record. */
  placeFrame(offset: number, capturedLength: number, headroom: number): void {
    this.#frame = undefined;
    this.#frameOffset = offset;
    this.capturedLength = capturedLength;
    this.headroom = headroom;
  }

  /**
   * Leaves out a frame check sequence of `byteCount` bytes. `placeFrame` and `originalLength` come first. A packet that was
   * captured short may lack the sequence, in part or whole.
   */
  leaveOutCheckSequence(byteCount: number): void {
    if (byteCount === 0) return;
    this.originalLength = Math.max(this.originalLength - byteCount, 0);
    const captured = Math.min(this.capturedLength, this.originalLength);
    this.placeFrame(this.#frameOffset, captured, this.headroom);
  }

  /** Says where the virtio-net header lies in the queue's bytes; 0 `byteCount` for none. */
  placeHeader(offset: number, byteCount: number): void {
    this.#header = byteCount === 0 ? NO_BYTES : undefined;
    this.#headerOffset = offset;
    this.#headerBytes = byteCount;
  }

  /** The memory in which the frame lies, from `frameOffset` on. */
  get bytes(): Uint8Array {
    return this.#queue.bytes;
  }

  get frameOffset(): number {
    return this.#frameOffset;
  }

  /** The captured bytes. The view is made when it is first asked for, so a record that is passed over costs none. */
  get frame(): Uint8Array {
    this.#frame ??= this.#queue.bytes.subarray(this.#frameOffset, this.#frameOffset + this.capturedLength);
    return this.#frame;
  }

  /** The virtio-net header that rtap stored beside the frame: little-endian, 10 or 12 bytes; empty for none. */
  get virtioNetHeader(): Uint8Array {
    this.#header ??= this.#queue.bytes.subarray(this.#headerOffset, this.#headerOffset + this.#headerBytes);
    return this.#header;
  }
}

/** Reads the records of one format of captures. */
export interface RecordReader {
  /**
   * Fills in the next record. False if more bytes are needed or, when the input has `ended`, if there are no more
   * records. Throws a MalformedError for a record that is cut or corrupt.
   */
  next(ended: boolean): boolean;
}
