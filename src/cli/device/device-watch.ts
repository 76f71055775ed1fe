import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import { CommandWriter } from '../errors/command-writer.js';
import type { Console } from '../process/console.js';

/** How long to wait before a device is reported as down: the kernel switches a device off some time before it deletes it. */
const DELETION_MS = 100;

/** The command that watches a device. */
export interface DeviceWatcher {
  readonly console: Console;
  /** Name of the command. Its notes begin with it. */
  readonly command: string;
  /** Called when the device was deleted. @default nothing: the command learns it from its queues */
  onGone?(): void;
}

/** Watches a device while a command uses it. Notes changes of state, name and network namespace on standard error. */
export class DeviceWatch implements Disposable {
  readonly #events: LinkEvents;
  readonly #ifindex: number;
  readonly #watcher: DeviceWatcher;
  /** For the network namespace of this moment: the second device of fwd has its own. */
  readonly #commands: CommandWriter;
  #up: boolean;
  #name: string;
  /** Reports that the device is down, unless it is deleted before. */
  #downNote: NodeJS.Timeout | undefined;

  constructor(link: Link, watcher: DeviceWatcher) {
    this.#ifindex = link.index;
    this.#watcher = watcher;
    this.#commands = new CommandWriter(watcher.console.namespace);
    this.#up = (link.flags & IFF_UP) !== 0;
    this.#name = link.name;
    if (!this.#up) this.#reportDown();
    this.#events = LinkEvents.open({
      onLink: (changed) => this.#note(changed),
      onGone: (gone) => this.#forget(gone),
      onOverrun: () => {},
    });
    // The device may have changed after `link` was read and before the events began.
    const present = this.#events.links.get(link.index);
    if (present === undefined) watcher.onGone?.();
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
    if (up) this.#noteUp(link);
    else this.#downNote = setTimeout(() => this.#reportDown(), DELETION_MS);
  }

  /** "is up" alone would be a riddle to a reader that has not seen that the device was down. */
  #noteUp({ name }: Link): void {
    this.#report(this.#downNote === undefined ? `${name} is up` : `${name} was down for a moment`);
    clearTimeout(this.#downNote);
    this.#downNote = undefined;
  }

  #noteName({ name }: Link): void {
    if (name === this.#name) return;
    this.#report(`${this.#name} was renamed to ${name}`);
    this.#name = name;
  }

  #report(text: string): void {
    this.#watcher.console.note(`${this.#watcher.command}: ${text}`);
  }

  #reportDown(): void {
    this.#downNote = undefined;
    const command = this.#commands.rtap('up', this.#name);
    this.#watcher.console.warn(`${this.#name} is down: no frames until you run ${command}`);
  }

  #forget(link: Link): void {
    if (link.index !== this.#ifindex) return;
    clearTimeout(this.#downNote);
    // The queues stay attached in any network namespace.
    if (link.newIfindex !== undefined) this.#report(`${link.name} moved to another network namespace`);
    else this.#watcher.onGone?.();
  }
}
