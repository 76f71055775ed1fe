import { Links } from '../../netlink/links.js';

/**
 * Packets that the kernel dropped, because nobody read fast enough, since this object was made. The kernel's
 * `tx_dropped` also rises while there is no reader at all: only the difference tells.
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

  /** The count now; the last known one for a device that is gone. */
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
