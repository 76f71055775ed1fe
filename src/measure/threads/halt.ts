import { EventDescriptor } from '../../sys/event-descriptor.js';

/** What a thread is given to know when to end: the owner keeps it until the thread has. */
export interface HaltWord {
  /** One word: 0 until the thread shall end. */
  readonly word: SharedArrayBuffer;
  /** Readable from then on. */
  readonly wakeFd: number;
}

/** Lets threads go on until `now`, also those that sleep in the kernel. */
export class Halt implements HaltWord, Disposable {
  readonly word = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #wake = new EventDescriptor();

  get wakeFd(): number {
    return this.#wake.fd;
  }

  /** Ends them; a second call does nothing. */
  now(): void {
    const word = new Int32Array(this.word);
    if (Atomics.exchange(word, 0, 1) !== 0 || this.#wake.fd < 0) return;
    Atomics.notify(word, 0);
    this.#wake.signal();
  }

  /** The threads must have ended. */
  [Symbol.dispose](): void {
    this.#wake[Symbol.dispose]();
  }
}
