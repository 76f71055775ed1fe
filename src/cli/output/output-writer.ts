import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isWritableNow } from '../../sys/descriptor-wait.js';
import { DescriptorWatch, openHangupProbe, openWritableProbe } from '../../sys/descriptor-watch.js';
import { isSystemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import { appendWhole, cutEnd } from './file-end.js';
import { PendingItems } from './pending-items.js';
import { PieceWriter } from './piece-writer.js';

/** Writes of this size never wait on a pipe that poll(2) calls writable. Source: PIPE_BUF, pipe(7). */
const CHUNK_BYTES = 4096;
/** Most that waits for a slow reader: further items are dropped. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
/** Heads and tails may wait beyond it: a tail tells the reader how many packets were dropped. */
const FRAMING_BYTES_MAX = 64 * 1024;
/** Twice what may wait, so that what waits is moved to the front once in so many bytes, and not for each item. */
const BUFFER_BYTES = 2 * (WAITING_BYTES_MAX + FRAMING_BYTES_MAX);
/** Regular files are written in pieces of this size. */
const FILE_CHUNK_BYTES = 256 * 1024;
/** Pieces go round in this much of the buffer, which stays in the processor's cache. */
const PIECES_BYTES = 4 * FILE_CHUNK_BYTES;
/** How long output for a file may wait in memory. */
const FILE_DELAY_MS = 200;
const OUTPUT = { action: 'watch', object: 'output' };
/** In place of a descriptor: no file is open. */
const CLOSED = -1;

/** What `reserve` returns when the item is dropped. */
export const NO_ROOM = -1;

export interface OutputOptions {
  /** Write each burst at once, to a file too. @default false */
  readonly unbuffered?: boolean | undefined;
  /**
   * Let the kernel write large pieces of a regular file while the program goes on. This is for frames that wait in a short queue: a
   * disk that stops for 20 ms would fill it. Otherwise the program writes the pieces itself. @default false
   */
  readonly meanwhile?: boolean | undefined;
  /** Makes of a piece of output, which ends with a whole item, what is written in its place. For a regular file only. @default none */
  readonly compressor?: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

/**
 * Output that never stops the program. A pipe or terminal gets it as fast as the reader takes it. What is too much is
 * dropped and counted, item by item (a line, a record).
 *
 * Node writes to pipes synchronously: a reader that stops would stop signals and reception too.
 *
 * Items are encoded in the buffer that is written, without a copy: `reserve`, encode at the offset, `commit`.
 */
export class OutputWriter implements Disposable {
  /** Where items are encoded; always the same. */
  readonly buffer: Buffer<ArrayBuffer>;
  #fd: number;
  readonly #ownsFd: boolean;
  readonly #regular: boolean;
  readonly #lazy: boolean;
  readonly #compressor: OutputOptions['compressor'];
  #start = 0;
  #end = 0;
  readonly #items = new PendingItems();
  /** Writes large pieces of a regular file while this thread goes on. */
  readonly #pieces: PieceWriter | undefined;
  readonly #owned = new Ownership();
  /** Bytes that were written before the current file. */
  #writtenBefore = 0;
  #watch: DescriptorWatch | undefined;
  #idle: (() => void) | undefined;
  #onError: () => void = () => {};
  #finished = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #error: NodeJS.ErrnoException | undefined;
  #taken = 0;
  #refused = 0;

  /**
   * Writes to `fd`, and closes it when disposed, or when the constructor throws, if it `ownsFd`. A regular file that it owns is
   * written from its first byte on.
   */
  constructor(fd: number, ownsFd: boolean, { unbuffered, meanwhile, compressor }: OutputOptions = {}) {
    this.#fd = fd;
    this.#ownsFd = ownsFd;
    this.#compressor = compressor;
    try {
      if (ownsFd) this.#owned.own({ [Symbol.dispose]: () => this.#close() });
      this.#regular = fstatSync(fd).isFile();
      this.#lazy = this.#regular && unbuffered !== true;
      if (meanwhile === true && ownsFd && this.#lazy && compressor === undefined)
        this.#pieces = this.#owned.own(new PieceWriter(BUFFER_BYTES));
      this.buffer = this.#pieces?.buffer ?? Buffer.alloc(BUFFER_BYTES);
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether it goes to a regular file. */
  get regular(): boolean {
    return this.#regular;
  }

  /** Why nothing more can be written: EPIPE when the reader has left, ENOSPC when the disk is full. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  /** Whether `finish` was called, and no other file was begun since. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Items that were taken, whether they are written or still wait. */
  get taken(): number {
    return this.#taken;
  }

  /** Bytes of what was taken: items, heads and tails. */
  get takenBytes(): number {
    return this.#items.queuedBytes;
  }

  /** Items that were not taken: there was no room, or they came after an error. */
  get refused(): number {
    return this.#refused;
  }

  /** Items that the reader does not have: those that were not taken, and those that still wait. No heads and tails. */
  get dropped(): number {
    return this.#refused + this.#items.unfinished;
  }

  /** Calls `listener` when nothing more can be written. */
  onError(listener: () => void): void {
    this.#onError = listener;
  }

  /**
   * Makes room for an item of at most `bytesMax` bytes. Returns its offset in `buffer`, valid until `commit`, or NO_ROOM
   * if the item is dropped.
   */
  reserve(bytesMax: number): number {
    if (!this.#finished && this.#makeRoom(bytesMax, WAITING_BYTES_MAX)) return this.#end;
    this.#refused += 1;
    return NO_ROOM;
  }

  /** Takes the first `byteCount` bytes of what was reserved as an item; false if too much waits and it is dropped. */
  commit(byteCount: number): boolean {
    if (this.#end - this.#start + byteCount > WAITING_BYTES_MAX) {
      this.#refused += 1;
      return false;
    }
    this.#end += byteCount;
    this.#taken += 1;
    this.#items.queue(byteCount);
    if (this.#regular && this.#end - this.#start >= FILE_CHUNK_BYTES) this.#writePiece();
    return true;
  }

  /** Copies one item, whole or not at all; false if it is dropped. */
  write(item: Uint8Array): boolean {
    const offset = this.reserve(item.length);
    if (offset === NO_ROOM) return false;
    this.buffer.set(item, offset);
    return this.commit(item.length);
  }

  /** Copies a head or a tail, which counts as no item. */
  writeFraming(bytes: Uint8Array): void {
    if (this.#finished || !this.#makeRoom(bytes.length, WAITING_BYTES_MAX + FRAMING_BYTES_MAX)) return;
    if (this.#end - this.#start + bytes.length > WAITING_BYTES_MAX + FRAMING_BYTES_MAX) return;
    this.buffer.set(bytes, this.#end);
    this.#end += bytes.length;
    this.#items.queueFraming(bytes.length);
  }

  /** Makes it an error, EPIPE, when the reader leaves, also while there is nothing to write. */
  followReader(): void {
    if (this.#regular || this.#error !== undefined) return;
    const departure = this.#owned.own(new Ownership());
    try {
      const probe = departure.own(openHangupProbe(this.#fd, OUTPUT));
      const left = () => {
        departure[Symbol.dispose]();
        this.#fail(Object.assign(new Error('the reader has closed its end'), { code: 'EPIPE' }));
      };
      departure.own(DescriptorWatch.readable(probe.fd, left));
    } catch (error) {
      // A regular file has no reader.
      if (!isSystemError(error, 'EPERM')) throw error;
    }
  }

  /** At the end of a burst: writes to a terminal or pipe now, to a file within a fifth of a second. */
  flushSoon(): void {
    if (!this.#lazy) this.flush();
    else this.#flushTimer ??= setTimeout(() => this.#flushLate(), FILE_DELAY_MS);
  }

  /** Writes what the reader takes now. The rest follows by itself. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#pieces?.isBusy === true) this.#settlePiece(this.#pieces.wait());
    if (this.#regular) this.#writeFile();
    else this.#writeStream();
  }

  /** Settles when everything is written, or can never be; at the latest after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.flush();
    if (this.#start === this.#end || this.#error !== undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the current file and goes on in the next. Here false: there is no other file. */
  rotate(): boolean {
    return false;
  }

  /** Ends the output: no item comes after it. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.flush();
  }

  /**
   * After `finish`: closes the file, and goes on in the one that `open` opens; undefined for none. What fails becomes the
   * error of the output.
   */
  continueIn(open: () => number | undefined): void {
    try {
      this.#close();
      this.#fd = open() ?? CLOSED;
      this.#writtenBefore = this.#items.writtenBytes;
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    if (this.#fd !== CLOSED) this.#finished = false;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#flushTimer);
    this.#owned[Symbol.dispose]();
  }

  /** Where in the file the next byte belongs; null for behind the last, as the file knows it. */
  get #position(): number | null {
    return this.#pieces === undefined ? null : this.#items.writtenBytes - this.#writtenBefore;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = CLOSED;
    if (fd !== CLOSED) closeSync(fd);
  }

  /** Whether nothing has failed and `bytes` fit into the buffer behind what waits. Writes first if too much would wait. */
  #makeRoom(bytes: number, waitingBytesMax: number): boolean {
    if (this.#error !== undefined) return false;
    if (this.#end - this.#start + bytes > waitingBytesMax) {
      this.flush();
      if (this.#error !== undefined) return false;
    }
    const pieces = this.#pieces;
    if (pieces?.overlaps(this.#end, bytes) === true) this.#moveTo(pieces.start + pieces.byteCount, bytes);
    if (this.#end + bytes > this.buffer.length) this.#moveTo(0, bytes);
    return this.#error === undefined && this.#end + bytes <= this.buffer.length;
  }

  /** Moves what waits to byte `at`. Writes it instead if there is no room for it and for `bytes` more, or if a piece may lie there. */
  #moveTo(at: number, bytes: number): void {
    const waiting = this.#end - this.#start;
    const isTaken = this.#pieces?.overlaps(at, waiting + bytes) === true;
    if (isTaken || at + waiting + bytes > this.buffer.length) this.flush();
    else {
      this.buffer.copyWithin(at, this.#start, this.#end);
      this.#start = at;
      this.#end = at + waiting;
    }
  }

  /** Lets the kernel write what waits, unless it is still writing. */
  #writePiece(): void {
    const pieces = this.#pieces;
    if (pieces?.isBusy === true && !this.#settlePiece(pieces.poll())) return;
    const waiting = this.#end - this.#start;
    if (waiting === 0) return;
    const position = this.#error === undefined ? this.#position : null;
    if (position === null || !pieces!.begin(this.#fd, this.#start, waiting, position)) this.flush();
    if (this.#end >= PIECES_BYTES) this.#end = 0;
    this.#start = this.#end;
  }

  /**
   * Flushes after FILE_DELAY_MS. If pieces were written by the kernel before, the kernel writes this one too, and its result is read
   * at the next flush.
   */
  #flushLate(): void {
    this.#flushTimer = undefined;
    if (this.#pieces?.isStarted === true) this.#writePiece();
    else this.flush();
    if (this.#pieces?.isBusy === true) this.flushSoon();
  }

  /**
   * Counts the `written` bytes of a piece. Writes the rest itself, which gives the error if there is one. Returns false if `written`
   * is undefined: the kernel still writes.
   */
  #settlePiece(written: number | undefined): boolean {
    if (written === undefined) return false;
    const { start, byteCount } = this.#pieces!;
    this.#items.written(written);
    try {
      for (let at = written, more: number; at < byteCount; at += more) {
        more = writeSync(this.#fd, this.buffer, start + at, byteCount - at, this.#position);
        this.#items.written(more);
      }
    } catch (error) {
      this.#fail(this.#cutBrokenItem(error as NodeJS.ErrnoException));
    }
    return true;
  }

  #writeFile(): void {
    if (this.#error !== undefined) this.#start = this.#end; // There would be a gap.
    try {
      if (this.#compressor !== undefined) this.#writeCompressed(this.#compressor);
      while (this.#start < this.#end) {
        const waiting = this.#end - this.#start;
        this.#advance(writeSync(this.#fd, this.buffer, this.#start, waiting, this.#position));
      }
    } catch (error) {
      this.#fail(this.#cutBrokenItem(error as NodeJS.ErrnoException));
    }
    this.#start = 0;
    this.#end = 0;
  }

  /** Writes all that waits as one compressed piece, which is in the file whole or not at all. */
  #writeCompressed(compress: (bytes: Uint8Array) => Uint8Array): void {
    if (this.#start === this.#end) return;
    appendWhole(this.#fd, compress(this.buffer.subarray(this.#start, this.#end)));
    this.#advance(this.#end - this.#start);
  }

  #advance(bytes: number): void {
    this.#start += bytes;
    this.#items.written(bytes);
  }

  /** A full disk breaks an item: cuts it off, so that what came before stays readable. Returns `error`. */
  #cutBrokenItem(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
    return this.#ownsFd ? cutEnd(this.#fd, this.#items.brokenBytes, error) : error;
  }

  #writeStream(): void {
    try {
      while (this.#start < this.#end && isWritableNow(this.#fd)) {
        const count = Math.min(CHUNK_BYTES, this.#end - this.#start);
        this.#advance(writeSync(this.#fd, this.buffer, this.#start, count));
      }
    } catch (error) {
      // EAGAIN: another process that writes there was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#fail(error as NodeJS.ErrnoException);
    }
    if (this.#start < this.#end && this.#error === undefined) this.#waitForReader();
    else this.#settle();
  }

  #waitForReader(): void {
    if (this.#watch === undefined) {
      const probe = this.#owned.own(openWritableProbe(this.#fd, OUTPUT));
      this.#watch = this.#owned.own(DescriptorWatch.readable(probe.fd, () => this.#writeStream()));
    }
    this.#watch.resume();
  }

  #settle(): void {
    this.#start = 0;
    this.#end = 0;
    this.#watch?.pause();
    this.#idle?.();
    this.#idle = undefined;
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#error = error;
    this.#idle?.();
    this.#onError();
  }
}
