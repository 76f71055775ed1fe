import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import type { Greeting, Lease, NamedProcess } from '../../tap/lease/holder-reply.js';

/** The processes that hold a device and read its queues when the monitor begins. */
export interface HolderState {
  readonly holder: NamedProcess | null;
  /** Null if the holder, if there is one, has not replied yet. It is reported when it does. */
  readonly leases: readonly Lease[] | null;
}

/** @param queried undefined for a device that has no holder to query */
export function holderStateOf(queried: QueriedHolder | undefined): HolderState {
  if (queried === 'unknown') return { holder: null, leases: null };
  if (queried === undefined || queried === 'absent') return { holder: null, leases: [] };
  return { holder: queried.holder, leases: [...leasesByReader(queried).values()] };
}

/** Returns the leases by reader: several connections of one process are one reader. */
export function leasesByReader(greeting: Greeting | undefined): Map<string, Lease> {
  const leases = new Map<string, Lease>();
  for (const lease of greeting?.leases ?? []) {
    const reader = `${lease.pid} ${lease.command}`;
    const queues = new Set([...(leases.get(reader)?.queues ?? []), ...lease.queues]);
    leases.set(reader, { ...lease, queues: [...queues].sort((left, right) => left - right) });
  }
  return leases;
}
