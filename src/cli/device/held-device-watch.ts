import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import type { Console } from '../process/console.js';

/** Who is told what happens to a device that is held. */
export interface HeldDeviceHandlers {
  readonly onRename: (name: string) => void;
  /** It was moved to another network namespace: goes there, and returns what it is there; undefined where that cannot be. */
  readonly onMove: () => Link | undefined;
}

/** Follows a device that is held, to new names and other namespaces, and says so; its end ends the holder. */
export class HeldDeviceWatch implements Disposable {
  /** Settles when it was deleted. */
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

  /** What it is called now. */
  get name(): string {
    return this.#name;
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]();
  }

  /** In the namespace that this thread is in now. */
  #watch(): LinkEvents {
    const events = LinkEvents.open({
      onLink: (link) => this.#note(link),
      onGone: (link) => this.#leave(link),
      onOverrun: () => {},
    });
    const present = events.links.get(this.#ifindex);
    if (present === undefined) this.#settle();
    else this.#note(present);
    return events;
  }

  #note({ index, name }: Link): void {
    if (index !== this.#ifindex || name === this.#name) return;
    this.#console.note(`rtap: ${this.#name} is called ${name} now`);
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
    const consequence = moved === undefined ? 'where nobody finds its holder' : 'and its holder with it';
    this.#console.note(`rtap: ${this.#name} moved to another network namespace, ${consequence}`);
    if (moved === undefined) return;
    this.#events[Symbol.dispose]();
    this.#ifindex = moved.index;
    this.#events = this.#watch();
  }
}
