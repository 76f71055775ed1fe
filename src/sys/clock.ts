import { c } from './libc.js';
import { HOST, lowWord, type Platform } from './platform.js';

// Source: include/uapi/linux/time.h
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_BOOTTIME = 7;

/** Where the halves of a struct timespec lie, in 32-bit words. */
export interface TimespecWords {
  readonly count: number;
  readonly secondsLow: number;
  /** Undefined if a long has 32 bits. */
  readonly secondsHigh?: number;
  readonly nanoseconds: number;
}

/** Returns the layout of struct timespec: two longs. Source: include/uapi/linux/time.h. */
export function timespecWords({ pointerBytes, littleEndian }: Platform): TimespecWords {
  if (pointerBytes === 4) return { count: 2, secondsLow: 0, nanoseconds: 1 };
  const low = lowWord(littleEndian);
  return { count: 4, secondsLow: low, secondsHigh: 1 - low, nanoseconds: 2 + low };
}

/**
 * Returns the clock id of the processor time of the thread `tid` of this process, as pthread_getcpuclockid(3)
 * computes it.
 */
export function threadClockId(tid: number): number {
  return (~tid << 3) | 6;
}

const TIMESPEC = timespecWords(HOST);

/** A clock of the kernel, read into numbers that keep every nanosecond. clock_gettime(2). */
export class Clock {
  readonly #id: number;
  // clock_gettime(2) keeps no address, so ordinary memory is safe.
  readonly #words = new Uint32Array(TIMESPEC.count);
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Whole seconds at the last `read`. */
  seconds = 0;
  /** Nanoseconds within that second: 0 to 999,999,999. */
  nanoseconds = 0;

  constructor(id: number) {
    this.#id = id;
  }

  /** Reads the clock into `seconds` and `nanoseconds`. */
  read(): void {
    c.clockGettime(this.#id, this.#bytes);
    const { secondsLow, secondsHigh, nanoseconds } = TIMESPEC;
    const high = secondsHigh === undefined ? 0 : this.#words[secondsHigh]!;
    this.seconds = high * 0x1_0000_0000 + this.#words[secondsLow]!;
    this.nanoseconds = this.#words[nanoseconds]!;
  }
}

const pauseWord = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Blocks this thread for `durationMs`, its event loop included. */
export function pauseThread(durationMs: number): void {
  Atomics.wait(pauseWord, 0, 0, durationMs);
}
