import type { Link } from '../../netlink/link.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import { type DeviceState, POLLED, PROPERTIES, type PropertyName, stateOf } from './device-state.js';
import { holderStateOf } from './holder-state.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';

/** Which links are watched. */
export interface LinkSelection {
  /** By their names, of whatever kind they are; empty for all TAPs. */
  readonly names: ReadonlySet<string>;
  /** All links, TAPs or not, where `names` is empty. */
  readonly all: boolean;
}

/**
 * Tells a sink what changes of links, each change once. A link that was chosen by its name stays so under another name.
 *
 * What the sink has no room for is not lost: what it was told last is remembered, and `catchUp` tells the difference.
 */
export class DeviceChanges {
  readonly #selection: LinkSelection;
  readonly #sink: EventSink;
  /** What the sink knows, by index. */
  readonly #told = new Map<number, DeviceState>();
  #behind = false;
  #eventCount = 0;

  constructor(selection: LinkSelection, sink: EventSink) {
    this.#selection = selection;
    this.#sink = sink;
  }

  /** Indexes of the links that are watched and present. */
  get watched(): Iterable<number> {
    return this.#told.keys();
  }

  watches(index: number): boolean {
    return this.#told.has(index);
  }

  get watching(): boolean {
    return this.#told.size > 0;
  }

  /** Events told so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Whether the sink had no room for something. */
  get behind(): boolean {
    return this.#behind;
  }

  /** Takes what is there as known, and tells it where its holders, by index, are given. */
  begin(links: Iterable<Link>, holders?: ReadonlyMap<number, QueriedHolder>): void {
    for (const link of links) {
      if (!this.#wants(link)) continue;
      const state = stateOf(link);
      if (holders !== undefined)
        this.#tell(link, {
          event: 'present',
          new: { ...state, ...holderStateOf(holders.get(link.index)) },
        });
      this.#told.set(link.index, state);
    }
  }

  /** `link` appeared or changed, or is as before. */
  note(link: Link): void {
    if (this.#behind) return;
    const told = this.#told.get(link.index);
    if (told !== undefined) this.#compare(link, told, PROPERTIES);
    else if (this.#wants(link)) {
      const state = stateOf(link);
      if (this.#tell(link, { event: 'created', new: state })) this.#told.set(link.index, state);
    }
  }

  /**
   * `link` was asked for its state, which may be newer than the events that are on their way: only what no event tells is
   * compared. Returns whether queues were attached or detached.
   */
  notePolled(link: Link): boolean {
    const told = this.#told.get(link.index);
    if (told === undefined || this.#behind) return false;
    const { numqueues } = told;
    this.#compare(link, told, told.up ? ['missed'] : POLLED);
    return told.numqueues !== numqueues;
  }

  /** `link` is gone from this network namespace. */
  forget(link: Link): void {
    if (this.#behind || !this.#told.has(link.index)) return;
    if (this.#tell(link, departure(link))) this.#told.delete(link.index);
  }

  /** The kernel dropped events: calls with the present state follow. */
  overrun(): void {
    if (!this.#behind) this.#take({ event: 'overrun' });
  }

  /** Tells by how much what is differs from what was told. */
  catchUp(present: ReadonlyMap<number, Link>): void {
    this.#behind = false;
    if (!this.#take({ event: 'overrun' })) return;
    for (const [ifindex, { ifname }] of [...this.#told]) {
      if (!present.has(ifindex) && this.#take({ event: 'deleted', ifname, ifindex }))
        this.#told.delete(ifindex);
    }
    for (const link of present.values()) this.note(link);
  }

  #wants(link: Link): boolean {
    const { names, all } = this.#selection;
    return names.size > 0 ? names.has(link.name) : all || link.tun?.type === 'tap';
  }

  #compare(link: Link, told: DeviceState, properties: readonly PropertyName[]): void {
    const state = stateOf(link);
    for (const property of properties) this.#compareProperty(link, property, told, state);
  }

  #compareProperty<P extends PropertyName>(link: Link, name: P, told: DeviceState, state: DeviceState): void {
    const before = told[name];
    const now = state[name];
    if (before === now) return;
    // An event that was on its way while the link was asked says less.
    if (name === 'missed' && Number(now) < Number(before)) return;
    if (this.#tell(link, changeEvent(name, before, now))) told[name] = now;
  }

  #tell(link: Link, { event, ...facts }: MonitorEvent): boolean {
    return this.#take({ event, ifname: link.name, ifindex: link.index, ...facts });
  }

  #take(event: MonitorEvent): boolean {
    if (this.#behind) return false;
    this.#eventCount += 1;
    this.#behind = !this.#sink.take(event);
    return !this.#behind;
  }
}

/** The words of events that are not named as their property. */
const EVENTS: Readonly<Partial<Record<PropertyName, string>>> = {
  ifname: 'renamed',
  numqueues: 'queues',
  numdisabled: 'disabled',
};

function changeEvent(
  name: PropertyName,
  before: DeviceState[PropertyName],
  now: DeviceState[PropertyName],
): MonitorEvent {
  if (name === 'up') return { event: now === true ? 'up' : 'down' };
  return { event: EVENTS[name] ?? name, old: before, new: now };
}

function departure({ newNetnsId, newIfindex }: Link): MonitorEvent {
  if (newIfindex === undefined) return { event: 'deleted' };
  return { event: 'moved', new: { netnsid: newNetnsId ?? -1, ifindex: newIfindex } };
}
