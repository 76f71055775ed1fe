import { Links } from '../../netlink/links.js';
import { type QueriedHolder, queryHolders } from '../../tap/lease/greeting-query.js';
import type { NamedProcess } from '../../tap/lease/holder-reply.js';
import { type AttachedProcess, readAttached } from '../../tap/link/attached-processes.js';
import { printableName } from '../output/escapes.js';

/** How long a holder may take to answer. */
const ANSWER_MS = 500;

/** Which process reads a queue: its name and pid. undefined if none does, '?' if it is not known. */
export type QueueReaders = (queue: number) => string | undefined;

/**
 * Finds which processes read the queues of the devices with these indices: borrowers where the device has a holder, else all
 * processes that have it attached, as far as this user may see them. Devices that are gone are left out.
 */
export async function findQueueReaders(
  ifindexes: readonly number[],
): Promise<ReadonlyMap<number, QueueReaders>> {
  const found = readNames(ifindexes);
  const attached = [...found].filter(([, { queues }]) => queues > 0).map(([ifindex]) => ifindex);
  const holders = await queryHolders(attached, ANSWER_MS);
  const isWithoutHolder = [...holders.values()].includes('absent');
  const processes = isWithoutHolder ? readAttached() : new Map<string, readonly AttachedProcess[]>();
  const readers = new Map<number, QueueReaders>();
  for (const [ifindex, { name }] of found)
    readers.set(ifindex, readersOf(holders.get(ifindex), processes.get(name) ?? []));
  return readers;
}

/** The names of the devices, and how many queues of each are attached. */
function readNames(ifindexes: readonly number[]) {
  const found = new Map<number, { readonly name: string; readonly queues: number }>();
  using links = Links.open();
  for (const ifindex of ifindexes) {
    const link = links.byIndex(ifindex);
    if (link !== undefined) found.set(ifindex, { name: link.name, queues: link.tun?.queues ?? 0 });
  }
  return found;
}

/** @param holder undefined if no process has a queue attached */
function readersOf(holder: QueriedHolder | undefined, attached: readonly AttachedProcess[]): QueueReaders {
  if (holder === undefined) return () => undefined;
  if (holder === 'unknown') return () => '?';
  if (holder === 'absent') {
    const names = attached.map(describeProcess).join(', ') || '?';
    return () => names;
  }
  return (queue) => {
    const lease = holder.leases.find(({ queues }) => queues.includes(queue));
    return lease === undefined ? undefined : describeProcess(lease);
  };
}

function describeProcess({ command, pid }: NamedProcess): string {
  return pid === 0 ? printableName(command) : `${printableName(command)} (${pid})`;
}
