import { closeSync, fstatSync, ftruncateSync, writeSync } from 'node:fs';
import type { Descriptor } from '../../sys/descriptor.js';
import { isWritableNow } from '../../sys/descriptor-wait.js';
import { DescriptorWatch, openHangupProbe, openWritableProbe } from '../../sys/descriptor-watch.js';
import { isSystemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import type { FrameOutput, OutputEnvelope } from './frame-output.js';
import { PendingItems } from './pending-items.js';

/** Writes of this size never wait on a pipe that poll(2) calls writable. Source: PIPE_BUF, pipe(7). */
const CHUNK_BYTES = 4096;
/** What may wait for a slow reader before output is dropped. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;
/** What a head or tail may take beyond it: where packets were dropped, the tail is what tells the reader so. */
const FRAMING_BYTES_MAX = 64 * 1024;
/** Twice as much as may wait: what waits is moved once in so many bytes, not for each item that finds no room. */
const BUFFER_BYTES = 2 * (QUEUE_BYTES_MAX + FRAMING_BYTES_MAX);
/** Regular files are written in pieces of this size. */
const FILE_CHUNK_BYTES = 256 * 1024;
/** How long output for a file may wait in memory. */
const FILE_DELAY_MS = 200;
const OUTPUT = { action: 'watch', object: 'output' };
/** In place of a descriptor: there is no file. */
const CLOSED = -1;

export interface OutputOptions {
  /** What comes before the first item and after the last. @default nothing */
  readonly envelope?: OutputEnvelope | undefined;
  /** Hand over each burst at once, to a file too. @default false */
  readonly unbuffered?: boolean | undefined;
}

/**
 * Output that never stops the program: to a pipe or terminal it goes as fast as the reader takes it, and what
 * is too much is dropped and counted, item by item; to a regular file it goes at once.
 *
 * Node writes to pipes synchronously, so a reader that stops would stop signals and reception too; this does not.
 */
export class OutputWriter implements FrameOutput {
  #fd: number;
  readonly #ownsFd: boolean;
  readonly #regular: boolean;
  readonly #envelope: OutputEnvelope | undefined;
  readonly #lazy: boolean;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #start = 0;
  #end = 0;
  readonly #items = new PendingItems();
  #probe: Descriptor | undefined;
  #watch: DescriptorWatch | undefined;
  #departure: Ownership | undefined;
  #idle: (() => void) | undefined;
  #onError: () => void = () => {};
  #finished = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #error: NodeJS.ErrnoException | undefined;
  #refused = 0;

  /** Writes to `fd`, which is closed with this object when it `ownsFd`. */
  constructor(fd: number, ownsFd: boolean, { envelope, unbuffered = false }: OutputOptions = {}) {
    this.#fd = fd;
    this.#ownsFd = ownsFd;
    this.#regular = fstatSync(fd).isFile();
    this.#lazy = this.#regular && !unbuffered;
    this.#envelope = envelope;
    if (envelope !== undefined) this.#takeFraming(envelope.begin());
  }

  /** Whether it goes to a regular file. */
  get regular(): boolean {
    return this.#regular;
  }

  /** Why nothing more can be written: EPIPE when the reader has left, ENOSPC when the disk is full. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  /** Items that were not taken: they found no room, or came after an error. */
  get refused(): number {
    return this.#refused;
  }

  /** Items that the reader does not have: those that were not taken, and those that still wait. */
  get dropped(): number {
    return this.#refused + this.#items.unfinished;
  }

  /** Takes one item (a line, a record), whole or not at all; false when it was dropped. */
  write(item: Uint8Array): boolean {
    if (this.#finished || !this.#take(item, QUEUE_BYTES_MAX)) {
      this.#refused += 1;
      return false;
    }
    this.#items.queue(item.length);
    if (this.#regular && this.#end - this.#start >= FILE_CHUNK_BYTES) this.flush();
    return true;
  }

  /** Calls `listener` when nothing more can be written. */
  onError(listener: () => void): void {
    this.#onError = listener;
  }

  /** Lets the reader's leaving be an error, EPIPE, also while there is nothing to write. */
  followReader(): void {
    const departure = new Ownership();
    this.#departure = departure;
    try {
      const probe = departure.own(openHangupProbe(this.#fd, OUTPUT));
      const left = () => {
        departure[Symbol.dispose]();
        this.#fail(Object.assign(new Error('the reader has left'), { code: 'EPIPE' }));
      };
      departure.own(DescriptorWatch.readable(probe.fd, left));
    } catch (error) {
      // A file, which has no reader.
      if (!isSystemError(error, 'EPERM')) throw error;
    }
  }

  /** Hands over now what is for a terminal or pipe; what is for a file may wait for more, a fifth of a second at most. */
  flushSoon(): void {
    if (!this.#lazy) this.flush();
    else this.#flushTimer ??= setTimeout(() => this.flush(), FILE_DELAY_MS);
  }

  /** Hands over what the reader takes now; the rest follows by itself. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
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

  /** False: it has no other file to go on in. */
  rotate(): boolean {
    return false;
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#envelope !== undefined) this.#takeFraming(this.#envelope.end());
    this.flush();
  }

  /** After `finish`: closes the file, and begins the one that `open` gives, if any; what `open` throws becomes the error. */
  continueIn(open: () => number | undefined): void {
    this.#close();
    try {
      this.#fd = open() ?? CLOSED;
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    if (this.#fd === CLOSED) return;
    this.#finished = false;
    if (this.#envelope !== undefined) this.#takeFraming(this.#envelope.begin());
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#flushTimer);
    this.#watch?.[Symbol.dispose]();
    this.#probe?.[Symbol.dispose]();
    this.#departure?.[Symbol.dispose]();
    if (this.#ownsFd) this.#close();
  }

  #close(): void {
    if (this.#fd !== CLOSED) closeSync(this.#fd);
    this.#fd = CLOSED;
  }

  #take(item: Uint8Array, waitingBytesMax: number): boolean {
    if (this.#error !== undefined) return false;
    if (this.#end - this.#start + item.length > waitingBytesMax) this.flush();
    if (this.#end - this.#start + item.length > waitingBytesMax) return false;
    if (this.#end + item.length > this.#buffer.length) this.#moveToFront();
    this.#buffer.set(item, this.#end);
    this.#end += item.length;
    return true;
  }

  #takeFraming(bytes: Uint8Array): void {
    if (this.#take(bytes, QUEUE_BYTES_MAX + FRAMING_BYTES_MAX)) this.#items.queueFraming(bytes.length);
  }

  #moveToFront(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #writeFile(): void {
    try {
      while (this.#start < this.#end) {
        this.#advance(writeSync(this.#fd, this.#buffer, this.#start, this.#end - this.#start));
      }
    } catch (error) {
      this.#repairFile();
      this.#fail(error as NodeJS.ErrnoException);
    }
    this.#start = 0;
    this.#end = 0;
  }

  #advance(bytes: number): void {
    this.#start += bytes;
    this.#items.written(bytes);
  }

  /** A full disk cuts an item: what came before must stay readable. */
  #repairFile(): void {
    if (!this.#ownsFd) return;
    ftruncateSync(this.#fd, fstatSync(this.#fd).size - this.#items.brokenBytes);
  }

  #writeStream(): void {
    try {
      while (this.#start < this.#end && isWritableNow(this.#fd)) {
        const count = Math.min(CHUNK_BYTES, this.#end - this.#start);
        this.#advance(writeSync(this.#fd, this.#buffer, this.#start, count));
      }
    } catch (error) {
      // Somebody else who writes there was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#fail(error as NodeJS.ErrnoException);
    }
    if (this.#start < this.#end && this.#error === undefined) this.#waitForReader();
    else this.#settle();
  }

  #waitForReader(): void {
    if (this.#watch === undefined) {
      this.#probe = openWritableProbe(this.#fd, OUTPUT);
      this.#watch = DescriptorWatch.readable(this.#probe.fd, () => this.#writeStream());
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
