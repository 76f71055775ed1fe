import type { Greeting } from './holder-reply.js';

/** The part of a greeting that has the kernel's indices of queues. */
type QueueIndexes = Pick<Greeting, 'queues' | 'indexes'>;

/**
 * Returns the kernel's index of queue `queue`: what AF_PACKET and eBPF programs call the queue. The two differ while a borrower has
 * detached a queue, and after it has attached one again: the kernel puts the last queue into the place of one that leaves.
 *
 * Returns undefined if the queue is detached, or if the holder does not know its index.
 *
 * @param holder the greeting of the device's holder. Undefined without a holder: the kernel's indices are the only numbers then
 */
export function kernelIndexOf(holder: QueueIndexes | undefined, queue: number): number | undefined {
  const index = holder?.indexes === undefined ? queue : holder.indexes[queue];
  return index === undefined || index < 0 ? undefined : index;
}
