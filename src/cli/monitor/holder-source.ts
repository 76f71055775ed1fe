import type { Link } from '../../netlink/link.js';
import type { Greeting } from '../../tap/holder-reply.js';
import { HolderWatch } from '../../tap/holder-watch.js';
import { HolderChanges, type NamedDevice } from './holder-changes.js';
import type { EventSink, EventSource } from './monitor-event.js';

interface Followed {
  readonly watch: HolderWatch;
  name: string;
  /** Whether its holder was there before the monitor, and is known then. */
  silent: boolean;
  last: Greeting | undefined;
}

/** Tells who holds the watched devices, and who reads their queues. */
export class HolderSource implements EventSource {
  readonly #changes: HolderChanges;
  readonly #devices = new Map<number, Followed>();

  constructor(sink: EventSink) {
    this.#changes = new HolderChanges(sink);
  }

  /** `link` is watched: it was there already, or has come, or has changed. */
  note({ index, name, tun }: Link, { known = false } = {}): void {
    const followed = this.#devices.get(index);
    if (followed !== undefined) {
      followed.name = name;
      followed.watch.look();
    } else if (tun?.type === 'tap') {
      const watch = new HolderWatch(index, (greeting) => this.#hear(index, greeting));
      this.#devices.set(index, { watch, name, silent: known, last: undefined });
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
