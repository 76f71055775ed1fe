import type { Link } from '../../netlink/link.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import { type DeviceState, POLLED, PROPERTIES, type PropertyName, stateOf } from './device-state.js';
import { holderStateOf } from './holder-state.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';
import type { SettingState } from './setting-state.js';

/** Which links are watched. */
export interface LinkSelection {
  /** The links with these names, of any kind; empty for all TAPs. */
  readonly names: ReadonlySet<string>;
  /** Whether an empty `names` stands for all links, and not for all TAPs. */
  readonly all: boolean;
}

/**
 * Reports the changes of links to a sink, each change once. A link that was selected by its name stays selected under another
 * name.
 *
 * If the sink has no room for a change, the change is not lost: this object remembers what the sink knows, and `catchUp` reports
 * the difference.
 */
export class DeviceChanges {
  readonly #selection: LinkSelection;
  readonly #sink: EventSink;
  /** What the sink knows, by index. */
  readonly #reported = new Map<number, DeviceState>();
  #behind = false;
  #eventCount = 0;

  constructor(selection: LinkSelection, sink: EventSink) {
    this.#selection = selection;
    this.#sink = sink;
  }

  /** Indices of the links that are watched and present. */
  get watched(): Iterable<number> {
    return this.#reported.keys();
  }

  watches(index: number): boolean {
    return this.#reported.has(index);
  }

  get watching(): boolean {
    return this.#reported.size > 0;
  }

  /** Events reported so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Whether the sink had no room for an event. Nothing is reported until `catchUp`. */
  get behind(): boolean {
    return this.#behind;
  }

  /**
   * Takes the present `links` as known. Reports them too if `holders` are given, by index.
   *
   * @param settingsOf reads what only rtap remembers of a link. @default nothing
   */
  begin(
    links: Iterable<Link>,
    holders?: ReadonlyMap<number, QueriedHolder>,
    settingsOf: (link: Link) => Partial<SettingState> = () => ({}),
  ): void {
    for (const link of links) {
      if (!this.#wants(link)) continue;
      const state = stateOf(link);
      if (holders !== undefined)
        this.#report(link, {
          event: 'present',
          new: { ...state, ...holderStateOf(holders.get(link.index)), ...settingsOf(link) },
        });
      this.#reported.set(link.index, state);
    }
  }

  /** Reports what is new about `link`, which was created, or has changed, or is as before. */
  note(link: Link): void {
    if (this.#behind) return;
    const known = this.#reported.get(link.index);
    if (known !== undefined) this.#compare(link, known, PROPERTIES);
    else if (this.#wants(link)) {
      const state = stateOf(link);
      if (this.#report(link, { event: 'created', new: state })) this.#reported.set(link.index, state);
    }
  }

  /**
   * Reports what has changed in `link`, which was polled. Its state may be newer than events that are still to come, so this
   * compares only the properties for which the kernel sends no event. Returns whether queues were attached or detached.
   */
  notePolled(link: Link): boolean {
    const known = this.#reported.get(link.index);
    if (known === undefined || this.#behind) return false;
    const { numqueues } = known;
    this.#compare(link, known, known.up ? ['missed'] : POLLED);
    return known.numqueues !== numqueues;
  }

  /** Reports that `link` has left this network namespace. */
  forget(link: Link): void {
    if (this.#behind || !this.#reported.has(link.index)) return;
    if (this.#report(link, departure(link))) this.#reported.delete(link.index);
  }

  /** Reports that the kernel dropped events. Calls with the present state must follow. */
  overrun(): void {
    if (!this.#behind) this.#take({ event: 'overrun' });
  }

  /** Reports the difference between the links that are `present` and those that the sink knows. */
  catchUp(present: ReadonlyMap<number, Link>): void {
    this.#behind = false;
    if (!this.#take({ event: 'overrun' })) return;
    for (const [ifindex, { ifname }] of [...this.#reported]) {
      if (!present.has(ifindex) && this.#take({ event: 'deleted', ifname, ifindex }))
        this.#reported.delete(ifindex);
    }
    for (const link of present.values()) this.note(link);
  }

  #wants(link: Link): boolean {
    const { names, all } = this.#selection;
    return names.size > 0 ? names.has(link.name) : all || link.tun?.type === 'tap';
  }

  #compare(link: Link, known: DeviceState, properties: readonly PropertyName[]): void {
    const state = stateOf(link);
    for (const property of properties) this.#compareProperty(link, property, known, state);
  }

  #compareProperty<P extends PropertyName>(
    link: Link,
    name: P,
    known: DeviceState,
    state: DeviceState,
  ): void {
    const before = known[name];
    const now = state[name];
    if (before === now) return;
    // An event that was sent before the link was polled has an older count.
    if (name === 'missed' && Number(now) < Number(before)) return;
    if (this.#report(link, changeEvent(name, before, now))) known[name] = now;
  }

  #report(link: Link, { event, ...values }: MonitorEvent): boolean {
    return this.#take({ event, ifname: link.name, ifindex: link.index, ...values });
  }

  #take(event: MonitorEvent): boolean {
    if (this.#behind) return false;
    this.#eventCount += 1;
    this.#behind = !this.#sink.take(event);
    return !this.#behind;
  }
}

/** Names of events that differ from the name of the property. */
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
