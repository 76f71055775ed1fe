import type { ByteQueue } from '../bytes/byte-queue.js';
import { captureError, foreignFormatError } from './capture-errors.js';
import type { CaptureRecord, RecordReader } from './capture-record.js';
import {
  CAPTURED_LENGTH_MAX,
  PCAP_FCS_LENGTH_SHIFT,
  PCAP_FCS_PRESENT,
  PCAP_FILE_HEADER_SIZE,
  PCAP_FILE_LINKTYPE,
  PCAP_FILE_MAGIC,
  PCAP_FILE_VERSION_MAJOR,
  PCAP_FILE_VERSION_MINOR,
  PCAP_LINKTYPE_MASK,
  PCAP_MAGIC_MICROSECONDS,
  PCAP_MAGIC_MODIFIED,
  PCAP_MAGIC_NANOSECONDS,
  PCAP_MODIFIED_RECORD_HEADER_SIZE,
  PCAP_RECORD_CAPTURED_LENGTH,
  PCAP_RECORD_FRACTION,
  PCAP_RECORD_HEADER_SIZE,
  PCAP_RECORD_ORIGINAL_LENGTH,
  PCAP_RECORD_SECONDS,
  PCAP_VERSION_MAJOR,
  PCAP_VERSION_MINOR_EITHER_ORDER,
} from './pcap-format.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;

/**
 * Reads the records of a pcap: both byte orders, timestamps in micro- or nanoseconds, Kuznetsov's modified form. Before
 * version 2.3 the two lengths of a record are exchanged, and in 2.3 where the captured one would exceed the other. If the file says that its frames
 * end with a frame check sequence, the sequence is left out: the frame and both lengths are those without it.
 *
 * On the data path of tx-inject, so it reads fields at fixed offsets through one view. A record costs no allocation.
 */
export class PcapReader implements RecordReader {
  readonly #queue: ByteQueue;
  readonly #record: CaptureRecord;
  readonly #name: string;
  #headerRead = false;
  #littleEndian = false;
  #nanosecondsPerUnit = 1;
  #recordHeaderBytes = PCAP_RECORD_HEADER_SIZE;
  #capturedAt = PCAP_RECORD_CAPTURED_LENGTH;
  #originalAt = PCAP_RECORD_ORIGINAL_LENGTH;
  /** Whether the smaller length is the captured one, whichever comes first. */
  #eitherOrder = false;
  /** Bytes of frame check sequence at the end of each frame. */
  #fcsBytes = 0;

  /** Fills `record` from `queue`, whose first four bytes have come. `name` is for errors. */
  constructor(queue: ByteQueue, record: CaptureRecord, name: string) {
    this.#queue = queue;
    this.#record = record;
    this.#name = name;
  }

  next(ended: boolean): boolean {
    return (this.#headerRead || this.#readFileHeader(ended)) && this.#readRecord(ended);
  }

  #readFileHeader(ended: boolean): boolean {
    const { view, start, length } = this.#queue;
    this.#readMagic(view.getUint32(start + PCAP_FILE_MAGIC, false));
    if (length < PCAP_FILE_HEADER_SIZE) {
      if (!ended) return false;
      const fact = `its header is cut: ${PCAP_FILE_HEADER_SIZE} bytes wanted, ${length} there`;
      throw captureError(this.#name, fact, length);
    }
    this.#readVersion(view, start);
    const network = view.getUint32(start + PCAP_FILE_LINKTYPE, this.#littleEndian);
    this.#record.linkType = network & PCAP_LINKTYPE_MASK;
    this.#fcsBytes = (network & PCAP_FCS_PRESENT) === 0 ? 0 : (network >>> PCAP_FCS_LENGTH_SHIFT) * 2;
    this.#queue.skip(PCAP_FILE_HEADER_SIZE);
    this.#headerRead = true;
    return true;
  }

  #readMagic(magic: number): void {
    const swapped =
      ((magic & 0xff) << 24) | ((magic & 0xff00) << 8) | ((magic >>> 8) & 0xff00) | (magic >>> 24);
    this.#littleEndian = isPcapMagic(swapped >>> 0);
    const own = this.#littleEndian ? swapped >>> 0 : magic;
    if (!isPcapMagic(own)) throw foreignFormatError(this.#name, magic);
    this.#nanosecondsPerUnit = own === PCAP_MAGIC_NANOSECONDS ? 1 : 1000;
    if (own === PCAP_MAGIC_MODIFIED) this.#recordHeaderBytes = PCAP_MODIFIED_RECORD_HEADER_SIZE;
  }

  #readVersion(view: DataView, start: number): void {
    const major = view.getUint16(start + PCAP_FILE_VERSION_MAJOR, this.#littleEndian);
    const minor = view.getUint16(start + PCAP_FILE_VERSION_MINOR, this.#littleEndian);
    if (major !== PCAP_VERSION_MAJOR)
      throw captureError(this.#name, `it is pcap ${major}.${minor}, 2.4 wanted`, PCAP_FILE_VERSION_MAJOR);
    this.#eitherOrder = minor === PCAP_VERSION_MINOR_EITHER_ORDER;
    if (minor >= PCAP_VERSION_MINOR_EITHER_ORDER) return;
    this.#capturedAt = PCAP_RECORD_ORIGINAL_LENGTH;
    this.#originalAt = PCAP_RECORD_CAPTURED_LENGTH;
  }

  #readRecord(ended: boolean): boolean {
    const queue = this.#queue;
    const length = queue.length;
    const headerBytes = this.#recordHeaderBytes;
    if (length < headerBytes) {
      if (length === 0 || !ended) return false;
      throw this.#cutError(`${headerBytes} header bytes wanted, ${length} there`);
    }
    const { view, start } = queue;
    let captured = view.getUint32(start + this.#capturedAt, this.#littleEndian);
    let original = view.getUint32(start + this.#originalAt, this.#littleEndian);
    if (this.#eitherOrder && captured > original) [captured, original] = [original, captured];
    if (captured > CAPTURED_LENGTH_MAX) throw this.#corruptError(captured);
    const there = length - headerBytes;
    if (there < captured) {
      if (!ended) return false;
      throw this.#cutError(`${captured} bytes wanted, ${there} there`);
    }
    const record = this.#record;
    record.placeFrame(start + headerBytes, captured, headerBytes);
    record.originalLength = original;
    record.leaveOutCheckSequence(this.#fcsBytes);
    this.#readTimestamp(view, start);
    record.number += 1;
    // The bytes stay in the queue until the next append.
    queue.skip(headerBytes + captured);
    return true;
  }

  /** Carries a fraction of a second or more, so that the nanoseconds keep their range. */
  #readTimestamp(view: DataView, start: number): void {
    const seconds = view.getUint32(start + PCAP_RECORD_SECONDS, this.#littleEndian);
    const nanoseconds =
      view.getUint32(start + PCAP_RECORD_FRACTION, this.#littleEndian) * this.#nanosecondsPerUnit;
    const carry = nanoseconds < NANOSECONDS_PER_SECOND ? 0 : Math.floor(nanoseconds / NANOSECONDS_PER_SECOND);
    this.#record.seconds = seconds + carry;
    this.#record.nanoseconds = nanoseconds - carry * NANOSECONDS_PER_SECOND;
  }

  #cutError(fact: string): Error {
    return captureError(
      this.#name,
      `record ${this.#record.number + 1} is cut: ${fact}`,
      this.#queue.position,
    );
  }

  #corruptError(captured: number): Error {
    const fact = `its captured length is ${captured}, at most ${CAPTURED_LENGTH_MAX} wanted`;
    return captureError(
      this.#name,
      `record ${this.#record.number + 1} is corrupt: ${fact}`,
      this.#queue.position,
    );
  }
}

function isPcapMagic(magic: number): boolean {
  return (
    magic === PCAP_MAGIC_MICROSECONDS || magic === PCAP_MAGIC_NANOSECONDS || magic === PCAP_MAGIC_MODIFIED
  );
}
