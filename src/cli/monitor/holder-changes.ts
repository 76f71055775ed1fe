import type { Greeting, Lease, NamedProcess } from '../../tap/lease/holder-reply.js';
import { leasesByReader } from './holder-state.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';

/** A device, as events name it. */
export interface NamedDevice {
  readonly ifname: string;
  readonly ifindex: number;
}

/** Who holds a device and who reads its queues. */
interface Holding {
  holder: NamedProcess | null;
  /** By who reads. */
  readonly leases: Map<string, Lease>;
}

/** Tells a sink when the holder of a device comes, changes and goes, and leases with it; each change once. */
export class HolderChanges {
  readonly #sink: EventSink;
  /** What the sink knows, by index. */
  readonly #told = new Map<number, Holding>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Takes what is there as known. */
  begin({ ifindex }: NamedDevice, greeting: Greeting | undefined): void {
    this.#told.set(ifindex, holdingOf(greeting));
  }

  /** `greeting` is what the holder of `device` says now; what the sink has no room for is told at the next call. */
  note(device: NamedDevice, greeting: Greeting | undefined): void {
    const told = this.#told.get(device.ifindex) ?? holdingOf(undefined);
    this.#told.set(device.ifindex, told);
    const now = holdingOf(greeting);
    for (const [reader, lease] of told.leases) {
      if (now.leases.has(reader)) continue;
      if (this.#tell(device, { event: 'returned', old: lease })) told.leases.delete(reader);
    }
    if (!isSameProcess(told.holder, now.holder)) {
      const event = { event: 'holder', old: told.holder, new: now.holder };
      if (this.#tell(device, event)) told.holder = now.holder;
    }
    for (const [reader, lease] of now.leases) {
      const before = told.leases.get(reader);
      if (before?.queues.join() === lease.queues.join()) continue;
      const old = before === undefined ? {} : { old: before };
      if (this.#tell(device, { event: 'lease', ...old, new: lease })) told.leases.set(reader, lease);
    }
  }

  /** The device with this index is gone, and all that was told of it with it. */
  forget(ifindex: number): void {
    this.#told.delete(ifindex);
  }

  #tell({ ifname, ifindex }: NamedDevice, { event, ...facts }: MonitorEvent): boolean {
    return this.#sink.take({ event, ifname, ifindex, ...facts });
  }
}

function holdingOf(greeting: Greeting | undefined): Holding {
  return { holder: greeting?.holder ?? null, leases: leasesByReader(greeting) };
}

function isSameProcess(one: NamedProcess | null, other: NamedProcess | null): boolean {
  return one?.pid === other?.pid && one?.command === other?.command;
}
