import { ByteQueue } from '../bytes/byte-queue.js';
import { captureError, foreignFormatError, shortInputError } from './capture-errors.js';
import {
  type CaptureReader,
  type CaptureReaderOptions,
  LINKTYPE_UNKNOWN,
  type PacketDirection,
  QUEUE_UNKNOWN,
} from './capture-reader.js';
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
  PCAP_MAGIC_NANOSECONDS,
  PCAP_RECORD_CAPTURED_LENGTH,
  PCAP_RECORD_FRACTION,
  PCAP_RECORD_HEADER_SIZE,
  PCAP_RECORD_ORIGINAL_LENGTH,
  PCAP_RECORD_SECONDS,
  PCAP_VERSION_MAJOR,
} from './pcap-format.js';

const MAGIC_SIZE = 4;
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const NO_BYTES = new Uint8Array(0);

/**
 * Reads pcap: both byte orders, timestamps in micro- or nanoseconds. A frame check sequence that the file tells of is
 * left out: `frame` and the lengths are those without.
 *
 * On the data path of tx-inject, so fields are read at fixed offsets through one view, and a record costs no
 * allocation unless its `frame` is asked for.
 */
export class PcapReader implements CaptureReader {
  readonly #queue = new ByteQueue();
  readonly #name: string;
  #ended = false;
  #error: Error | undefined;

  #headerKnown = false;
  #littleEndian = false;
  #nanosecondsPerUnit = 1;
  #linkType = LINKTYPE_UNKNOWN;
  /** Bytes of frame check sequence at the end of each frame. */
  #fcsBytes = 0;

  // The current record. Its bytes were taken from the queue, which keeps them until the next append.
  #frameOffset = 0;
  #frame: Uint8Array | undefined;
  #capturedLength = 0;
  #originalLength = 0;
  #seconds = 0;
  #nanoseconds = 0;
  #recordNumber = 0;

  constructor(options: CaptureReaderOptions = {}) {
    this.#name = options.name ?? '';
  }

  push(chunk: Uint8Array): void {
    this.#queue.append(chunk);
  }

  end(): void {
    this.#ended = true;
  }

  next(): boolean {
    if (this.#error !== undefined) throw this.#error;
    if (!this.#headerKnown && !this.#readFileHeader()) return false;
    return this.#readRecord();
  }

  #readFileHeader(): boolean {
    const { view, start, length } = this.#queue;
    if (length < MAGIC_SIZE) return this.#needMore(() => shortInputError(this.#name, length));
    this.#readMagic(view.getUint32(start + PCAP_FILE_MAGIC, false));
    if (length < PCAP_FILE_HEADER_SIZE) {
      const fact = `its header is cut: ${PCAP_FILE_HEADER_SIZE} bytes wanted, ${length} there`;
      return this.#needMore(() => captureError(this.#name, fact, length));
    }
    this.#checkVersion(view, start);
    const network = view.getUint32(start + PCAP_FILE_LINKTYPE, this.#littleEndian);
    this.#linkType = network & PCAP_LINKTYPE_MASK;
    this.#fcsBytes = (network & PCAP_FCS_PRESENT) === 0 ? 0 : (network >>> PCAP_FCS_LENGTH_SHIFT) * 2;
    this.#queue.skip(PCAP_FILE_HEADER_SIZE);
    this.#headerKnown = true;
    return true;
  }

  #readMagic(magic: number): void {
    const swapped =
      ((magic & 0xff) << 24) | ((magic & 0xff00) << 8) | ((magic >>> 8) & 0xff00) | (magic >>> 24);
    this.#littleEndian = isPcapMagic(swapped >>> 0);
    const own = this.#littleEndian ? swapped >>> 0 : magic;
    if (!isPcapMagic(own)) this.#fail(foreignFormatError(this.#name, magic));
    this.#nanosecondsPerUnit = own === PCAP_MAGIC_NANOSECONDS ? 1 : 1000;
  }

  #checkVersion(view: DataView, start: number): void {
    const major = view.getUint16(start + PCAP_FILE_VERSION_MAJOR, this.#littleEndian);
    if (major === PCAP_VERSION_MAJOR) return;
    const minor = view.getUint16(start + PCAP_FILE_VERSION_MINOR, this.#littleEndian);
    this.#fail(captureError(this.#name, `it is pcap ${major}.${minor}, 2.4 wanted`, PCAP_FILE_VERSION_MAJOR));
  }

  #readRecord(): boolean {
    const queue = this.#queue;
    const length = queue.length;
    if (length < PCAP_RECORD_HEADER_SIZE) {
      if (length === 0 || !this.#ended) return false;
      return this.#fail(this.#cutError(`${PCAP_RECORD_HEADER_SIZE} header bytes wanted, ${length} there`));
    }
    const { view, start } = queue;
    const captured = view.getUint32(start + PCAP_RECORD_CAPTURED_LENGTH, this.#littleEndian);
    if (captured > CAPTURED_LENGTH_MAX) return this.#fail(this.#corruptError(captured));
    const there = length - PCAP_RECORD_HEADER_SIZE;
    if (there < captured) {
      if (!this.#ended) return false;
      return this.#fail(this.#cutError(`${captured} bytes wanted, ${there} there`));
    }
    const original = view.getUint32(start + PCAP_RECORD_ORIGINAL_LENGTH, this.#littleEndian);
    this.#originalLength = Math.max(original - this.#fcsBytes, 0);
    // Of a frame that was captured short the sequence may be missing, in part or whole.
    this.#capturedLength = this.#fcsBytes === 0 ? captured : Math.min(captured, this.#originalLength);
    this.#readTimestamp(view, start);
    this.#frameOffset = start + PCAP_RECORD_HEADER_SIZE;
    this.#frame = undefined;
    this.#recordNumber++;
    queue.skip(PCAP_RECORD_HEADER_SIZE + captured);
    return true;
  }

  /** A fraction of a second or more is carried, so that the nanoseconds keep their range. */
  #readTimestamp(view: DataView, start: number): void {
    const seconds = view.getUint32(start + PCAP_RECORD_SECONDS, this.#littleEndian);
    const nanoseconds =
      view.getUint32(start + PCAP_RECORD_FRACTION, this.#littleEndian) * this.#nanosecondsPerUnit;
    const carry = nanoseconds < NANOSECONDS_PER_SECOND ? 0 : Math.floor(nanoseconds / NANOSECONDS_PER_SECOND);
    this.#seconds = seconds + carry;
    this.#nanoseconds = nanoseconds - carry * NANOSECONDS_PER_SECOND;
  }

  #cutError(fact: string): Error {
    return captureError(this.#name, `record ${this.#recordNumber + 1} is cut: ${fact}`, this.#queue.position);
  }

  #corruptError(captured: number): Error {
    const fact = `its captured length is ${captured}, at most ${CAPTURED_LENGTH_MAX} wanted`;
    return captureError(
      this.#name,
      `record ${this.#recordNumber + 1} is corrupt: ${fact}`,
      this.#queue.position,
    );
  }

  #needMore(error: () => Error): false {
    return this.#ended ? this.#fail(error()) : false;
  }

  #fail(error: Error): never {
    this.#error = error;
    throw error;
  }

  get headerKnown(): boolean {
    return this.#headerKnown;
  }

  /** Bytes of the input up to the end of the current record. */
  get position(): number {
    return this.#queue.position;
  }

  get linkType(): number {
    return this.#linkType;
  }

  get frame(): Uint8Array {
    this.#frame ??= this.#queue.bytes.subarray(this.#frameOffset, this.#frameOffset + this.#capturedLength);
    return this.#frame;
  }

  get capturedLength(): number {
    return this.#capturedLength;
  }

  get originalLength(): number {
    return this.#originalLength;
  }

  get timestampSeconds(): number {
    return this.#seconds;
  }

  get timestampNanoseconds(): number {
    return this.#nanoseconds;
  }

  get recordNumber(): number {
    return this.#recordNumber;
  }

  // A pcap does not know the rest.

  get interfaceName(): string {
    return '';
  }

  get queue(): number {
    return QUEUE_UNKNOWN;
  }

  get direction(): PacketDirection {
    return 'unknown';
  }

  get virtioNetHeader(): Uint8Array {
    return NO_BYTES;
  }

  get checksumFinished(): boolean {
    return false;
  }

  get interfaceId(): number {
    return 0;
  }
}

function isPcapMagic(magic: number): boolean {
  return magic === PCAP_MAGIC_MICROSECONDS || magic === PCAP_MAGIC_NANOSECONDS;
}
