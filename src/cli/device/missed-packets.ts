import { describeQueues } from '../arguments/queue-selection.js';

/** Packets that the kernel dropped because a queue of a device was full, and the queues that no process reads. */
export interface MissedPackets {
  readonly name: string;
  readonly missed: number;
  /** Undefined if the holder of the device does not answer. */
  readonly unread: readonly number[] | undefined;
  /** Whether the device has an address filter. What that drops is among the packets. @default false */
  readonly filtered?: boolean;
}

/** Formats what stands behind the number: `missed on h0; queues 0-1,3 have no reader`, or the `cause` if all queues are read. */
export function describeMissed(
  { name, missed, unread = [], filtered = false }: MissedPackets,
  cause = 'dropped by the kernel before rtap could read them',
): string {
  const filter = missed > 0 && filtered ? `; ${describeFilter(name)}` : '';
  if (missed === 0 || unread.length === 0) return `missed (${cause})${filter}`;
  return `missed on ${name}; ${describeUnread(unread)}${filter}`;
}

/** Formats that the device `name` has an address filter: `h0 has an address filter, and what it drops counts as missed`. */
export function describeFilter(name: string): string {
  return `${name} has an address filter, and what it drops counts as missed`;
}

/** Formats numbers of queues, at least one: `queues 0-1,3 have no reader`. */
export function describeUnread(queues: readonly number[]): string {
  return `${describeQueues(queues)} ${queues.length === 1 ? 'has' : 'have'} no reader`;
}

/**
 * Whether a longer queue would have helped: it does not help where packets wait in a queue that no process reads, nor where an address
 * filter drops them.
 */
export function isHelpedByLongerQueue({
  missed,
  unread,
  filtered = false,
}: Omit<MissedPackets, 'name'>): boolean {
  return missed > 0 && unread?.length === 0 && !filtered;
}
