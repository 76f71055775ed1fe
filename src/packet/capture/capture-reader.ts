import { ByteQueue } from '../bytes/byte-queue.js';
import { shortInputError } from './capture-errors.js';
import { CaptureRecord, type RecordReader } from './capture-record.js';
import { PcapReader } from './pcap-reader.js';
import { BLOCK_TYPE_SHB } from './pcapng-format.js';
import { PcapngReader } from './pcapng-reader.js';

const MAGIC_SIZE = 4;

export interface CaptureReaderOptions {
  /** What errors call the capture, for example its path. @default '' */
  readonly name?: string;
  /**
   * Where the bytes lie that were pushed; borrowed. One queue can serve several readers in turn.
   * @default a queue of its own
   */
  readonly queue?: ByteQueue;
}

/**
 * A cursor over the records of a capture, pcap or pcapng, fed with bytes as they arrive from a file or a pipe.
 *
 * Call `next` until it returns false, then `push` the next chunk, whatever its size. After the last chunk call `end`
 * and then `next` until it returns false again. Whole records come before the error about a cut or corrupt one.
 */
export class CaptureReader {
  readonly #queue: ByteQueue;
  readonly #name: string;
  readonly #record: CaptureRecord;
  #records: RecordReader | undefined;
  #ended = false;
  #error: unknown;

  constructor({ name = '', queue = new ByteQueue() }: CaptureReaderOptions = {}) {
    queue.restart();
    this.#queue = queue;
    this.#record = new CaptureRecord(queue);
    this.#name = name;
  }

  /** The current record: always the same object, which `next` fills in. */
  get record(): Readonly<CaptureRecord> {
    return this.#record;
  }

  /** Copies `chunk`. Chunks of 64 KiB to 1 MiB are fastest. */
  push(chunk: Uint8Array): void {
    this.#queue.append(chunk);
  }

  /** Room for `byteCount` bytes of input, to be written there and then given to `fill`. Borrowed until the next call. */
  room(byteCount: number): Uint8Array {
    return this.#queue.room(byteCount);
  }

  /** Takes the first `byteCount` bytes of `room`, as `push` does without a copy. */
  fill(byteCount: number): void {
    this.#queue.fill(byteCount);
  }

  /** Says that no more bytes will come. */
  end(): void {
    this.#ended = true;
  }

  /**
   * Advances to the next whole record. False if more bytes are needed or, after `end`, if there are no more records.
   *
   * @throws {MalformedError} when the input is no capture, or the next record is cut or corrupt; each later call
   *   throws the same error.
   */
  next(): boolean {
    if (this.#error !== undefined) throw this.#error;
    try {
      this.#records ??= this.#chooseFormat();
      return this.#records?.next(this.#ended) ?? false;
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  /** Bytes of the input up to the end of the current record. */
  get position(): number {
    return this.#queue.position;
  }

  /** The first four bytes tell the format; undefined until they have come. */
  #chooseFormat(): RecordReader | undefined {
    const { view, start, length } = this.#queue;
    if (length < MAGIC_SIZE) {
      if (this.#ended) throw shortInputError(this.#name, length);
      return undefined;
    }
    const Format = view.getUint32(start, false) === BLOCK_TYPE_SHB ? PcapngReader : PcapReader;
    return new Format(this.#queue, this.#record, this.#name);
  }
}
