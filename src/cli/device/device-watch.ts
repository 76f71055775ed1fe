import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import type { Console } from '../process/console.js';

/** The kernel switches a device off before it deletes it, and lets some time pass in between. */
const DELETION_MS = 100;

/** Who follows a device. */
export interface DeviceFollower {
  readonly console: Console;
  /** The command, which its notes begin with. */
  readonly command: string;
  /** The device was deleted. @default it is learned otherwise */
  onGone?(): void;
}

/** Follows what happens to a device while a command uses it, and says so. */
export class DeviceWatch implements Disposable {
  readonly #events: LinkEvents;
  readonly #ifindex: number;
  readonly #follower: DeviceFollower;
  #up: boolean;
  #name: string;
  /** Says that the device is down, unless it is deleted meanwhile. */
  #downNote: NodeJS.Timeout | undefined;

  constructor(link: Link, follower: DeviceFollower) {
    this.#ifindex = link.index;
    this.#follower = follower;
    this.#up = (link.flags & IFF_UP) !== 0;
    this.#name = link.name;
    if (!this.#up) this.#warnDown();
    this.#events = LinkEvents.open({
      onLink: (changed) => this.#note(changed),
      onGone: (gone) => this.#forget(gone),
      onOverrun: () => {},
    });
    // What happened since `link` was read came with no event.
    const present = this.#events.links.get(link.index);
    if (present === undefined) follower.onGone?.();
    else this.#note(present);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#downNote);
    this.#events[Symbol.dispose]();
  }

  #note(link: Link): void {
    if (link.index !== this.#ifindex) return;
    this.#noteName(link);
    const up = (link.flags & IFF_UP) !== 0;
    if (up === this.#up) return;
    this.#up = up;
    clearTimeout(this.#downNote);
    if (up) this.#say(`${link.name} is up`);
    else this.#downNote = setTimeout(() => this.#warnDown(), DELETION_MS);
  }

  #noteName({ name }: Link): void {
    if (name === this.#name) return;
    this.#say(`${this.#name} is called ${name} now`);
    this.#name = name;
  }

  #say(text: string): void {
    this.#follower.console.note(`${this.#follower.command}: ${text}`);
  }

  #warnDown(): void {
    this.#follower.console.warn(`${this.#name} is down: waiting for "rtap up ${this.#name}"`);
  }

  #forget(link: Link): void {
    if (link.index !== this.#ifindex) return;
    clearTimeout(this.#downNote);
    // Its queues stay ours wherever it goes.
    if (link.newIfindex !== undefined) this.#say(`${link.name} moved to another network namespace`);
    else this.#follower.onGone?.();
  }
}
