import { EventDescriptor } from '../../sys/event-descriptor.js';

/** How a thread learns that it must end. The owner keeps both until the thread has ended. */
export interface HaltWord {
  /** One word: 0 until the thread must end. */
  readonly word: SharedArrayBuffer;
  /** Readable once the thread must end. */
  readonly wakeFd: number;
}

/** Lets threads run until `now`, threads that sleep in the kernel included. */
export class Halt implements HaltWord, Disposable {
  readonly word = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #wake = new EventDescriptor();

  get wakeFd(): number {
    return this.#wake.fd;
  }

  /** Ends the threads. A second call does nothing. */
  now(): void {
    const word = new Int32Array(this.word);
    if (Atomics.exchange(word, 0, 1) !== 0 || this.#wake.fd < 0) return;
    Atomics.notify(word, 0);
    this.#wake.signal();
  }

  /** Closes the descriptor. The threads must have ended. */
  [Symbol.dispose](): void {
    this.#wake[Symbol.dispose]();
  }
}
