import { Descriptor, O_CLOEXEC } from './descriptor.js';
import { c, checked } from './libc.js';

// Source: include/uapi/linux/eventfd.h
export const EFD_CLOEXEC = O_CLOEXEC;

/**
 * A descriptor that becomes readable when it is signalled, and stays so: one thread wakes another with it.
 * eventfd(2).
 */
export class EventDescriptor implements Disposable {
  readonly #descriptor: Descriptor;

  constructor() {
    const purpose = { action: 'make', object: 'event descriptor' };
    this.#descriptor = new Descriptor(checked(purpose, 'eventfd', () => c.eventfd(0, EFD_CLOEXEC)));
  }

  /** The number, for poll(2); -1 once closed. Borrowed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Makes it readable. Throws a SystemError if it is closed. */
  signal(): void {
    const purpose = { action: 'signal', object: 'event descriptor' };
    checked(purpose, 'write', () => c.write(this.fd, new Uint8Array(BigUint64Array.of(1n).buffer), 8));
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}
