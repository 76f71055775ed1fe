import type { Link } from '../../src/netlink/link.js';
import type { LinkEventHandlers } from '../../src/netlink/link-events.js';

const DEADLINE_MS = 20_000;

/** Handlers that record their calls, and the links that follow from these. */
export class LinkRecorder implements LinkEventHandlers {
  /** `link io0`, `gone io0`, `overrun`, without repetitions in a row. */
  readonly log: string[] = [];
  readonly links = new Map<number, Link>();
  gone: Link | undefined;
  calls = 0;
  #check: () => void = () => {};

  onLink = (link: Link): void => {
    this.links.set(link.index, link);
    this.#note(`link ${link.name}`);
  };

  onGone = (link: Link): void => {
    this.links.delete(link.index);
    this.gone = link;
    this.#note(`gone ${link.name}`);
  };

  onOverrun = (): void => this.#note('overrun');

  /** Resolves at the first call after which `condition` holds. Rejects when that takes too long. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`never: ${this.log.slice(-20)}`)), DEADLINE_MS);
      this.#check = () => {
        if (!condition()) return;
        clearTimeout(deadline);
        resolve();
      };
      this.#check();
    });
  }

  #note(line: string): void {
    this.calls++;
    if (this.log.at(-1) !== line) this.log.push(line);
    this.#check();
  }
}
