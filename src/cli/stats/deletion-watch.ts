import { LinkEvents } from '../../netlink/link-events.js';

/** Notices when a device is deleted. A device that moves to another network namespace is not. */
export class DeletionWatch implements Disposable {
  /** Settles when the device is deleted. */
  readonly happened: Promise<void>;
  readonly #events: LinkEvents;

  constructor(ifindex: number) {
    let settle = () => {};
    this.happened = new Promise((resolve) => {
      settle = resolve;
    });
    this.#events = LinkEvents.open({
      onLink: () => {},
      onGone: (link) => {
        if (link.index === ifindex && link.newIfindex === undefined) settle();
      },
      onOverrun: () => {},
    });
    if (!this.#events.links.has(ifindex)) settle();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }
}
