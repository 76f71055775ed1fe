import { ByteQueue } from '../../packet/bytes/byte-queue.js';
import { CaptureReader } from '../../packet/capture/capture-reader.js';
import type { CaptureRecord } from '../../packet/capture/capture-record.js';
import type { ByteInput } from './byte-input.js';

/** A cursor over the records of a capture, pcap or pcapng, that comes from a file, a pipe or standard input. */
export class CaptureCursor implements Disposable {
  /** What errors call the capture. */
  readonly name: string;
  readonly #input: ByteInput;
  #reader: CaptureReader;
  #queue = new ByteQueue();
  #record: Readonly<CaptureRecord>;
  #ended = false;

  /** Owns `input` from now on. */
  constructor(input: ByteInput, name: string) {
    this.name = name;
    this.#input = input;
    this.#reader = new CaptureReader({ name, queue: this.#queue });
    this.#record = this.#reader.record;
  }

  /** Keeps what is read in `queue`; borrowed. Must be called before the first `refill`. */
  readInto(queue: ByteQueue): void {
    this.#queue = queue;
    this.#begin();
  }

  /** The record that `next` moved to. The same object until `rewind`; borrowed until the next `next` or `refill`. */
  get record(): Readonly<CaptureRecord> {
    return this.#record;
  }

  /** Moves to the next record. False if `refill` has to bring more first. Throws a MalformedError for a cut or corrupt one. */
  next(): boolean {
    return this.#reader.next();
  }

  /** Brings more input, and may wait for it. False if there is none left. */
  refill(): boolean | Promise<boolean> {
    if (this.#ended) return false;
    const { roomBytes } = this.#input;
    if (roomBytes > 0) return this.#fill(this.#reader.room(roomBytes));
    const chunk = this.#input.read();
    return chunk instanceof Promise ? chunk.then((bytes) => this.#take(bytes)) : this.#take(chunk);
  }

  /** Ends the input: a `refill` that waits brings no more. */
  cancel(): void {
    this.#input.cancel();
  }

  /** Starts again before the first record. */
  rewind(): void {
    this.#input.rewind();
    this.#begin();
    this.#ended = false;
  }

  /** Whether all input has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How much of the input has been read, 0 to 1; undefined if its length is unknown. */
  get fraction(): number | undefined {
    const { byteCount } = this.#input;
    return byteCount === undefined ? undefined : Math.min(this.#reader.position / byteCount, 1);
  }

  [Symbol.dispose](): void {
    this.#input[Symbol.dispose]();
  }

  #begin(): void {
    this.#reader = new CaptureReader({ name: this.name, queue: this.#queue });
    this.#record = this.#reader.record;
  }

  /** Reads into `room`, which is the reader's. */
  #fill(room: Uint8Array): boolean | Promise<boolean> {
    const chunk = this.#input.read(room);
    if (chunk instanceof Promise) return chunk.then((bytes) => this.#filled(bytes));
    return this.#filled(chunk);
  }

  #filled(chunk: Uint8Array | undefined): boolean {
    if (chunk !== undefined) this.#reader.fill(chunk.length);
    return chunk !== undefined || this.#take(undefined);
  }

  #take(chunk: Uint8Array | undefined): boolean {
    if (chunk === undefined) {
      this.#ended = true;
      this.#reader.end();
    } else {
      this.#reader.push(chunk);
    }
    return true;
  }
}
