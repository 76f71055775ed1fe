import type { Link } from '../../netlink/link.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import type { Greeting } from '../../tap/lease/holder-reply.js';
import { HolderWatch } from '../../tap/lease/holder-watch.js';
import { HolderChanges, type NamedDevice } from './holder-changes.js';
import type { EventSink, EventSource } from './monitor-event.js';
import { SettingChanges } from './setting-changes.js';
import { readSettings } from './setting-state.js';

/** A watched device. */
interface WatchedDevice {
  readonly watch: HolderWatch;
  name: string;
  /** Whether its next greeting is taken as known: the holder was there before the monitor, and has not replied yet. */
  isKnown: boolean;
  last: Greeting | undefined;
}

/** What was asked before anything is watched: what is different later is an event. */
interface PresentHolders {
  /** The holders of the present devices, by index. */
  readonly present: ReadonlyMap<number, QueriedHolder>;
  /** Whether `DeviceSource` reports these devices. Then a holder that has not replied yet is reported when it does. */
  readonly isReported: boolean;
}

/** Reports which processes hold the watched devices and read their queues, and how the devices are steered and filtered. */
export class HolderSource implements EventSource {
  readonly #changes: HolderChanges;
  readonly #settings: SettingChanges;
  readonly #present: PresentHolders;
  readonly #devices = new Map<number, WatchedDevice>();

  constructor(sink: EventSink, present: PresentHolders) {
    this.#changes = new HolderChanges(sink);
    this.#settings = new SettingChanges(sink);
    this.#present = present;
  }

  /** Watches the holder of `link`, which has come or has changed, or was there before the monitor (`isPresent`). */
  note({ index, name, tun }: Link, { isPresent = false } = {}): void {
    const watched = this.#devices.get(index);
    if (watched !== undefined) {
      watched.name = name;
      watched.watch.refresh();
    } else if (tun?.type === 'tap') {
      const watch = new HolderWatch(index, (greeting) => this.#note(index, greeting));
      const holder = isPresent ? this.#present.present.get(index) : undefined;
      const isKnown = holder === 'unknown' && !this.#present.isReported;
      const last = typeof holder === 'object' ? holder : undefined;
      this.#devices.set(index, { watch, name, isKnown, last });
      if (isPresent) this.#settings.begin(index, readSettings(index));
      if (last !== undefined) this.#changes.begin({ ifname: name, ifindex: index }, last);
    }
  }

  /** Watches the link with this index no more: it is gone. */
  forget(index: number): void {
    this.#devices.get(index)?.watch[Symbol.dispose]();
    this.#devices.delete(index);
    this.#changes.forget(index);
    this.#settings.forget(index);
  }

  catchUp(): void {
    for (const [index, { last, isKnown }] of this.#devices) if (!isKnown) this.#note(index, last);
  }

  [Symbol.dispose](): void {
    for (const index of [...this.#devices.keys()]) this.forget(index);
  }

  #note(ifindex: number, greeting: Greeting | undefined): void {
    const watched = this.#devices.get(ifindex);
    if (watched === undefined) return;
    watched.last = greeting;
    const device: NamedDevice = { ifname: watched.name, ifindex };
    if (watched.isKnown) this.#changes.begin(device, greeting);
    else this.#changes.note(device, greeting);
    watched.isKnown = false;
    this.#settings.note(device, readSettings(ifindex));
  }
}
