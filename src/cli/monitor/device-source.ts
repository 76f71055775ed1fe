import { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import { LinkEvents } from '../../netlink/link-events.js';
import { Links } from '../../netlink/links.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import { DeviceChanges, type LinkSelection } from './device-changes.js';
import type { EventSink, EventSource } from './monitor-event.js';
import { readSettings, type SettingState } from './setting-state.js';

/**
 * How often to poll watched links for the properties that the kernel sends no event for: first after this time, then after twice
 * the time as long as nothing changes. A poll each second took 50 ms of processor time in ten seconds.
 */
const POLL_MS_MIN = 1000;
const POLL_MS_MAX = 8000;
/** Most links that are polled one by one. More of them are polled by one list of all TAPs. */
const SINGLES_MAX = 4;

/** Learns of the watched links, besides the sink. */
export interface LinkFollower {
  /** `link` has come or has changed, or was there before the monitor (`isPresent`). */
  note(link: Link, options?: { readonly isPresent: boolean }): void;
  /** The link with this index has left the network namespace. */
  forget(index: number): void;
}

export interface DeviceSourceOptions {
  /** Holders of the present devices, by index, if these devices are to be reported; else undefined. */
  readonly initial: ReadonlyMap<number, QueriedHolder> | undefined;
  readonly follower: LinkFollower;
}

/** Links that are no TAP have no such settings. */
function settingsOf({ index, tun }: Link): Partial<SettingState> {
  return tun?.type === 'tap' ? readSettings(index) : {};
}

/** Reports what happens to the links of this network namespace: by events of the kernel, and by polling. */
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
    this.#follow(() => changes.begin(this.#events.links.values(), initial, settingsOf));
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

  /** Runs `report`, and polls soon if it has reported anything. */
  #follow(report: () => void): void {
    const before = this.#changes.eventCount;
    report();
    if (this.#changes.eventCount === before && this.#timer !== undefined) return;
    this.#pollIn(POLL_MS_MIN);
  }

  /** Does not poll while there is no link to watch. */
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
      // A process that has attached queues may be a new holder.
      for (const link of this.#readWatched()) if (this.#changes.notePolled(link)) this.#follower.note(link);
    } catch (error) {
      // Links changed while they were listed: their events are still to come.
      if (!(error instanceof SystemError && error.code === 'EINTR')) throw error;
    }
    const isQuiet = this.#changes.eventCount === before;
    this.#pollIn(isQuiet ? Math.min(2 * this.#delayMs, POLL_MS_MAX) : POLL_MS_MIN);
  }

  #readWatched(): readonly Link[] {
    const indexes = [...this.#changes.watched];
    if (indexes.length > SINGLES_MAX) return this.#links.listKind('tun');
    return indexes.flatMap((index) => this.#links.byIndex(index) ?? []);
  }
}
