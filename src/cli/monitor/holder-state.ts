import type { QueriedHolder } from '../../tap/lease/greeting-query.js';
import type { Greeting, Lease, NamedProcess } from '../../tap/lease/holder-reply.js';

/** Who holds a device and who reads its queues, when the monitor begins. */
export interface HolderState {
  readonly holder: NamedProcess | null;
  /** Null where its holder, if there is one, has not answered: it is told when it does. */
  readonly leases: readonly Lease[] | null;
}

/** @param answer undefined where there was nobody to ask */
export function holderStateOf(answer: QueriedHolder | undefined): HolderState {
  if (answer === 'unknown') return { holder: null, leases: null };
  if (answer === undefined || answer === 'absent') return { holder: null, leases: [] };
  return { holder: answer.holder, leases: [...leasesByReader(answer).values()] };
}

/** By who reads: several connections of one process are one reader. */
export function leasesByReader(greeting: Greeting | undefined): Map<string, Lease> {
  const leases = new Map<string, Lease>();
  for (const lease of greeting?.leases ?? []) {
    const reader = `${lease.pid} ${lease.command}`;
    const queues = new Set([...(leases.get(reader)?.queues ?? []), ...lease.queues]);
    leases.set(reader, { ...lease, queues: [...queues].sort((left, right) => left - right) });
  }
  return leases;
}
