import { FrameCopies } from './frame-copies.js';
import {
  CAPTURED_LENGTH_MAX,
  LINKTYPE_ETHERNET,
  PCAP_FILE_HEADER_SIZE,
  PCAP_FILE_LINKTYPE,
  PCAP_FILE_MAGIC,
  PCAP_FILE_SNAPLEN,
  PCAP_FILE_VERSION_MAJOR,
  PCAP_FILE_VERSION_MINOR,
  PCAP_MAGIC_NANOSECONDS,
  PCAP_RECORD_CAPTURED_LENGTH,
  PCAP_RECORD_FRACTION,
  PCAP_RECORD_HEADER_SIZE,
  PCAP_RECORD_ORIGINAL_LENGTH,
  PCAP_RECORD_SECONDS,
  PCAP_VERSION_MAJOR,
  PCAP_VERSION_MINOR,
} from './pcap-format.js';
import type { PlacedFrame } from './placed-frame.js';

// On the data path of rx-dump. Bytes are stored one by one: that needs no view of the caller's buffer, and a record
// header takes about 20 ns. Files are little-endian on every machine, since every reader takes them.

export interface PcapFileOptions {
  /** Most bytes that a record of the file holds. @default CAPTURED_LENGTH_MAX */
  readonly snapshotBytes?: number;
  /** @default LINKTYPE_ETHERNET */
  readonly linkType?: number;
}

/**
 * Writes the file header (nanosecond timestamps, little-endian) into `target`, which must have room for
 * PCAP_FILE_HEADER_SIZE bytes at `offset`; returns how many bytes it wrote.
 */
export function encodePcapFileHeader(target: Uint8Array, offset = 0, options: PcapFileOptions = {}): number {
  target.fill(0, offset, offset + PCAP_FILE_HEADER_SIZE);
  storeUint32(target, offset + PCAP_FILE_MAGIC, PCAP_MAGIC_NANOSECONDS);
  target[offset + PCAP_FILE_VERSION_MAJOR] = PCAP_VERSION_MAJOR;
  target[offset + PCAP_FILE_VERSION_MINOR] = PCAP_VERSION_MINOR;
  storeUint32(target, offset + PCAP_FILE_SNAPLEN, options.snapshotBytes ?? CAPTURED_LENGTH_MAX);
  storeUint32(target, offset + PCAP_FILE_LINKTYPE, options.linkType ?? LINKTYPE_ETHERNET);
  return PCAP_FILE_HEADER_SIZE;
}

/**
 * Writes a record: its header and the first `capturedBytes` of `frame`, which was `originalBytes` long. `target`
 * must have room for PCAP_RECORD_HEADER_SIZE + capturedBytes at `offset`. Returns how many bytes it wrote.
 *
 * More than two positional parameters: an options object would be an allocation for each frame.
 */
export function encodePcapRecord(
  target: Uint8Array,
  offset: number,
  seconds: number,
  nanoseconds: number,
  frame: Uint8Array,
  capturedBytes: number,
  originalBytes: number,
): number {
  encodePcapRecordHeader(target, offset, seconds, nanoseconds, capturedBytes, originalBytes);
  const captured = capturedBytes === frame.length ? frame : frame.subarray(0, capturedBytes);
  target.set(captured, offset + PCAP_RECORD_HEADER_SIZE);
  return PCAP_RECORD_HEADER_SIZE + capturedBytes;
}

/** Writes only a record's header, for callers that write the frame's bytes themselves. Returns its size. */
export function encodePcapRecordHeader(
  target: Uint8Array,
  offset: number,
  seconds: number,
  nanoseconds: number,
  capturedBytes: number,
  originalBytes: number,
): number {
  storeUint32(target, offset + PCAP_RECORD_SECONDS, seconds);
  storeUint32(target, offset + PCAP_RECORD_FRACTION, nanoseconds);
  storeUint32(target, offset + PCAP_RECORD_CAPTURED_LENGTH, capturedBytes);
  storeUint32(target, offset + PCAP_RECORD_ORIGINAL_LENGTH, originalBytes);
  return PCAP_RECORD_HEADER_SIZE;
}

/** Bytes of a record of `capturedBytes`, and what `PcapCopier` may overwrite behind it. */
export function pcapRecordSizeMax(capturedBytes: number): number {
  return PCAP_RECORD_HEADER_SIZE + ((capturedBytes + 3) & ~3);
}

/** Writes records into a buffer of the caller as `encodePcapRecord` does. Allocates nothing for a frame. */
export class PcapCopier {
  readonly #target: Uint8Array;
  readonly #frames: FrameCopies;

  /** Writes into `target`. */
  constructor(target: Uint8Array) {
    this.#target = target;
    this.#frames = new FrameCopies(target);
  }

  /** Writes `frame` at `offset`, where there must be room for `pcapRecordSizeMax` bytes. Returns how many bytes it wrote. */
  record(offset: number, frame: PlacedFrame): number {
    const { seconds, nanoseconds, length, originalLength } = frame;
    encodePcapRecordHeader(this.#target, offset, seconds, nanoseconds, length, originalLength);
    this.#frames.copy(frame, offset + PCAP_RECORD_HEADER_SIZE);
    return PCAP_RECORD_HEADER_SIZE + length;
  }
}

function storeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}
