import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { Links } from '../../netlink/links.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import { DeviceChanges, type LinkSelection } from './device-changes.js';
import type { EventSink, EventSource } from './monitor-event.js';

/**
 * How often the kernel is asked for what it sends no event for, while a link is watched: first after something happened,
 * then at twice the time while nothing does. Once a second cost 5 ticks of 10 ms in ten seconds, all told.
 */
const POLL_MS_MIN = 1000;
const POLL_MS_MAX = 8000;
/** Watched links that are asked for one by one; more come with one list. */
const SINGLES_MAX = 4;

/** Who is told, beside the sink, of the links that are watched. */
export interface LinkFollower {
  /** It was there already (`isPresent`), has come, or has changed. */
  note(link: Link, options?: { readonly isPresent: boolean }): void;
  forget(index: number): void;
}

export interface DeviceSourceOptions {
  /** Tell what is there already, with what these holders said before, by index. */
  readonly initial: ReadonlyMap<number, QueriedHolder> | undefined;
  readonly follower: LinkFollower;
}

/** Tells what happens to the links of this network namespace. */
export class DeviceSource implements EventSource {
  readonly #changes: DeviceChanges;
  readonly #events: LinkEvents;
  readonly #links: Links;
  readonly #follower: LinkFollower;
  #timer: NodeJS.Timeout | undefined;
  #delayMs = POLL_MS_MIN;

  constructor(selection: LinkSelection, sink: EventSink, { initial, follower }: DeviceSourceOptions) {
    const changes = new DeviceChanges(selection, sink);
    this.#changes = changes;
    this.#follower = follower;
    this.#events = LinkEvents.open({
      onLink: (link) => {
        this.#follow(() => changes.note(link));
        if (changes.watches(link.index)) follower.note(link);
      },
      onGone: (link) => {
        this.#follow(() => changes.forget(link));
        follower.forget(link.index);
      },
      onOverrun: () => changes.overrun(),
    });
    this.#links = Links.open();
    this.#follow(() => changes.begin(this.#events.links.values(), initial));
    for (const link of this.#events.links.values()) {
      if (changes.watches(link.index)) follower.note(link, { isPresent: true });
    }
  }

  /** Whether a link has this name. */
  has(name: string): boolean {
    for (const link of this.#events.links.values()) if (link.name === name) return true;
    return false;
  }

  catchUp(): void {
    if (this.#changes.behind) this.#follow(() => this.#changes.catchUp(this.#events.links));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#events[Symbol.dispose]();
    this.#links[Symbol.dispose]();
  }

  /** Lets events be told, and asks soon where there were any. */
  #follow(tell: () => void): void {
    const before = this.#changes.eventCount;
    tell();
    if (this.#changes.eventCount === before && this.#timer !== undefined) return;
    this.#pollIn(POLL_MS_MIN);
  }

  /** With nothing to watch it sleeps until an event comes. */
  #pollIn(delayMs: number): void {
    if (this.#timer !== undefined && this.#delayMs <= delayMs) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#changes.watching) return;
    this.#delayMs = delayMs;
    this.#timer = setTimeout(() => this.#poll(), delayMs);
  }

  #poll(): void {
    this.#timer = undefined;
    const before = this.#changes.eventCount;
    try {
      // Who attaches may hold the device.
      for (const link of this.#ask()) if (this.#changes.notePolled(link)) this.#follower.note(link);
    } catch (error) {
      // Links change faster than they can be listed: there will be events.
      if (!(error instanceof SystemError && error.code === 'EINTR')) throw error;
    }
    const isQuiet = this.#changes.eventCount === before;
    this.#pollIn(isQuiet ? Math.min(2 * this.#delayMs, POLL_MS_MAX) : POLL_MS_MIN);
  }

  #ask(): readonly Link[] {
    const indexes = [...this.#changes.watched];
    if (indexes.length > SINGLES_MAX) return this.#links.listKind('tun');
    return indexes.flatMap((index) => this.#links.byIndex(index) ?? []);
  }
}
