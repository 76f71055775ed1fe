import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import type { Console } from '../process/console.js';

/** What the holder of a device does when something happens to the device. */
export interface HeldDeviceHandlers {
  readonly onRename: (name: string) => void;
  /** The kernel reports something about the device. */
  readonly onEvent: (link: Link) => void;
  /** Reports were lost. */
  readonly onOverrun: () => void;
  /** The device was moved to another network namespace. Follows it, and returns its link there; undefined if that fails. */
  readonly onMove: () => Link | undefined;
}

/** Watches a held device, under new names and in other network namespaces, and notes both on standard error. */
export class HeldDeviceWatch implements Disposable {
  /** Settles when the device was deleted. */
  readonly deleted: Promise<void>;
  readonly #console: Console;
  readonly #handlers: HeldDeviceHandlers;
  #events: LinkEvents;
  #ifindex: number;
  #name: string;
  #settle = () => {};

  constructor(
    device: { readonly name: string; readonly ifindex: number },
    console: Console,
    handlers: HeldDeviceHandlers,
  ) {
    this.deleted = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#name = device.name;
    this.#ifindex = device.ifindex;
    this.#console = console;
    this.#handlers = handlers;
    this.#events = this.#watch();
  }

  /** The present name of the device. */
  get name(): string {
    return this.#name;
  }

  /** Handles what the kernel has reported by now. */
  readNow(): void {
    this.#events.readNow();
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  /** Begins to watch in the network namespace that this thread is in now. */
  #watch(): LinkEvents {
    const events = LinkEvents.open({
      onLink: (link) => this.#note(link),
      onGone: (link) => this.#leave(link),
      onOverrun: () => this.#handlers.onOverrun(),
    });
    const present = events.links.get(this.#ifindex);
    if (present === undefined) this.#settle();
    else this.#note(present);
    return events;
  }

  #note(link: Link): void {
    const { index, name } = link;
    if (index !== this.#ifindex) return;
    this.#handlers.onEvent(link);
    if (name === this.#name) return;
    this.#console.note(`rtap: ${this.#name} was renamed to ${name}`);
    this.#name = name;
    this.#handlers.onRename(name);
  }

  #leave({ index, newIfindex }: Link): void {
    if (index !== this.#ifindex) return;
    if (newIfindex === undefined) {
      this.#settle();
      return;
    }
    const moved = this.#handlers.onMove();
    const consequence = moved === undefined ? 'its holder cannot be found there' : 'its holder follows it';
    this.#console.note(`rtap: ${this.#name} moved to another network namespace: ${consequence}`);
    if (moved === undefined) return;
    this.#events[Symbol.dispose]();
    this.#ifindex = moved.index;
    this.#events = this.#watch();
  }
}
