import type { Greeting, Lease, NamedProcess, Restoration } from '../../tap/lease/holder-reply.js';
import type { DescribedRestoration } from '../device/restoration-text.js';
import { leasesByReader } from './holder-state.js';
import type { EventSink, MonitorEvent } from './monitor-event.js';

/** A device, named as in events. */
export interface NamedDevice {
  readonly ifname: string;
  readonly ifindex: number;
}

/** What the sink knows of a device. */
interface ReportedHolder {
  holder: NamedProcess | null;
  /** By reader. */
  readonly leases: Map<string, Lease>;
  /** What the holder put back last. */
  restored: Restoration | undefined;
}

/** Reports to a sink which process holds a device and which processes read its queues: each change once. */
export class HolderChanges {
  readonly #sink: EventSink;
  /** What the sink knows, by index. */
  readonly #reported = new Map<number, ReportedHolder>();

  constructor(sink: EventSink) {
    this.#sink = sink;
  }

  /** Takes the present holder and leases as known, without a report. */
  begin({ ifindex }: NamedDevice, greeting: Greeting | undefined): void {
    this.#reported.set(ifindex, reportedOf(greeting));
  }

  /**
   * Reports how `greeting`, the present one of the holder of `device`, differs from what the sink knows. What the sink has no room
   * for is reported by the next call.
   */
  note(device: NamedDevice, greeting: Greeting | undefined): void {
    const known = this.#reported.get(device.ifindex) ?? reportedOf(undefined);
    this.#reported.set(device.ifindex, known);
    const now = reportedOf(greeting);
    for (const [reader, lease] of known.leases) {
      if (now.leases.has(reader)) continue;
      if (this.#report(device, { event: 'returned', old: lease })) known.leases.delete(reader);
    }
    this.#noteRestored(device, known, greeting?.restored);
    if (!isSameProcess(known.holder, now.holder)) {
      const event = { event: 'holder', old: known.holder, new: now.holder };
      if (this.#report(device, event)) known.holder = now.holder;
    }
    for (const [reader, lease] of now.leases) {
      const before = known.leases.get(reader);
      if (before?.queues.join() === lease.queues.join()) continue;
      const old = before === undefined ? {} : { old: before };
      if (this.#report(device, { event: 'lease', ...old, new: lease })) known.leases.set(reader, lease);
    }
  }

  /** Forgets the device with this index, which is gone. */
  forget(ifindex: number): void {
    this.#reported.delete(ifindex);
  }

  #noteRestored(device: NamedDevice, known: ReportedHolder, restored: Restoration | undefined): void {
    const isNew = restored !== undefined && JSON.stringify(restored) !== JSON.stringify(known.restored);
    if (isNew && !this.#report(device, { event: 'restored', new: restoredState(restored) })) return;
    known.restored = restored;
  }

  #report({ ifname, ifindex }: NamedDevice, { event, ...values }: MonitorEvent): boolean {
    return this.#sink.take({ event, ifname, ifindex, ...values });
  }
}

function reportedOf(greeting: Greeting | undefined): ReportedHolder {
  return {
    holder: greeting?.holder ?? null,
    leases: leasesByReader(greeting),
    restored: greeting?.restored,
  };
}

function restoredState({ borrower, count: _, ...changes }: Restoration): DescribedRestoration {
  return { borrower: borrower.pid === 0 ? null : borrower, ...changes };
}

function isSameProcess(one: NamedProcess | null, other: NamedProcess | null): boolean {
  return one?.pid === other?.pid && one?.command === other?.command;
}
