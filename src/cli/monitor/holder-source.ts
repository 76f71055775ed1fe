import type { Link } from '../../netlink/link.js';
import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import type { Greeting } from '../../tap/lease/holder-reply.js';
import { HolderWatch } from '../../tap/lease/holder-watch.js';
import { HolderChanges, type NamedDevice } from './holder-changes.js';
import type { EventSink, EventSource } from './monitor-event.js';

interface Followed {
  readonly watch: HolderWatch;
  name: string;
  /** Whether its holder was there before the monitor, and is not to be told. */
  silent: boolean;
  last: Greeting | undefined;
}

/** Tells who holds the watched devices, and who reads their queues. */
export class HolderSource implements EventSource {
  readonly #changes: HolderChanges;
  readonly #initial: ReadonlyMap<number, QueriedHolder> | undefined;
  readonly #devices = new Map<number, Followed>();

  /** @param initial what holders said before, by index, where what is there already is told; others are told as they answer */
  constructor(sink: EventSink, initial?: ReadonlyMap<number, QueriedHolder>) {
    this.#changes = new HolderChanges(sink);
    this.#initial = initial;
  }

  /** `link` is watched: it was there already (`isPresent`), or has come, or has changed. */
  note({ index, name, tun }: Link, { isPresent = false } = {}): void {
    const followed = this.#devices.get(index);
    if (followed !== undefined) {
      followed.name = name;
      followed.watch.refresh();
    } else if (tun?.type === 'tap') {
      const watch = new HolderWatch(index, (greeting) => this.#hear(index, greeting));
      const silent = isPresent && this.#initial === undefined;
      const told = isPresent ? this.#initial?.get(index) : undefined;
      const last = typeof told === 'object' ? told : undefined;
      this.#devices.set(index, { watch, name, silent, last });
      if (last !== undefined) this.#changes.begin({ ifname: name, ifindex: index }, last);
    }
  }

  /** The link with this index is gone. */
  forget(index: number): void {
    this.#devices.get(index)?.watch[Symbol.dispose]();
    this.#devices.delete(index);
    this.#changes.forget(index);
  }

  catchUp(): void {
    for (const [index, { last, silent }] of this.#devices) if (!silent) this.#hear(index, last);
  }

  [Symbol.dispose](): void {
    for (const index of [...this.#devices.keys()]) this.forget(index);
  }

  #hear(ifindex: number, greeting: Greeting | undefined): void {
    const followed = this.#devices.get(ifindex);
    if (followed === undefined) return;
    followed.last = greeting;
    const device: NamedDevice = { ifname: followed.name, ifindex };
    if (followed.silent) this.#changes.begin(device, greeting);
    else this.#changes.note(device, greeting);
    followed.silent = false;
  }
}
