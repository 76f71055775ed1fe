import { Links } from '../../netlink/links.js';

/**
 * Counts the packets that the kernel dropped since this object was made, because a queue was full. The kernel's
 * `tx_dropped` also rises while a device has no reader at all, so only the difference counts.
 */
export class MissedCount implements Disposable {
  readonly #links = Links.open();
  readonly #ifindex: number;
  readonly #before: number;
  #last: number;

  constructor(ifindex: number) {
    this.#ifindex = ifindex;
    this.#before = this.#dropped() ?? 0;
    this.#last = this.#before;
  }

  /** The present count. For a device that is gone, the last known one. */
  read(): number {
    this.#last = this.#dropped() ?? this.#last;
    return this.#last - this.#before;
  }

  [Symbol.dispose](): void {
    this.#links[Symbol.dispose]();
  }

  #dropped(): number | undefined {
    return this.#links.byIndex(this.#ifindex)?.stats64.tx.dropped;
  }
}
