import { c } from './libc.js';
import { HIGH_WORD, LOW_WORD, POINTER_BYTES } from './platform.js';

// Source: include/uapi/linux/time.h
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;

/** A clock of the kernel, read into numbers that keep every nanosecond. */
export class Clock {
  readonly #id: number;
  // struct timespec: two longs. clock_gettime keeps no address, so ordinary memory will do.
  readonly #words = new Uint32Array(POINTER_BYTES / 2);
  readonly #secondsLow = POINTER_BYTES === 8 ? LOW_WORD : 0;
  readonly #secondsHigh = POINTER_BYTES === 8 ? HIGH_WORD : -1;
  readonly #nanosecondsAt = POINTER_BYTES === 8 ? 2 + LOW_WORD : 1;
  readonly #bytes = new Uint8Array(this.#words.buffer);
  /** Whole seconds at the last `read`. */
  seconds = 0;
  /** Nanoseconds within that second: 0 to 999,999,999. */
  nanoseconds = 0;

  constructor(id: number) {
    this.#id = id;
  }

  /** Takes the time. */
  read(): void {
    c.clockGettime(this.#id, this.#bytes);
    const high = this.#secondsHigh < 0 ? 0 : this.#words[this.#secondsHigh]!;
    this.seconds = high * 0x1_0000_0000 + this.#words[this.#secondsLow]!;
    this.nanoseconds = this.#words[this.#nanosecondsAt]!;
  }
}
