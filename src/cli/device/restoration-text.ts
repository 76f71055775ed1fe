import type { NamedProcess, Restoration } from '../../tap/lease/holder-reply.js';
import { describeQueues } from '../arguments/queue-selection.js';

/** What a holder has put back. `borrower` is null, or has pid 0, if the holder does not know it. */
export type DescribedRestoration = Omit<Restoration, 'count' | 'borrower'> & {
  readonly borrower: NamedProcess | null;
};

/** Writes what a holder has put back: `put back after python3 (pid 7): queue 1 attached, header 10 bytes`. */
export function describeRestoration(restoration: DescribedRestoration): string {
  const { borrower, attached, nonblocking, header, offloads, order } = restoration;
  const parts: string[] = [];
  if (attached.length > 0) parts.push(`${describeQueues(attached)} attached`);
  if (nonblocking.length > 0) parts.push(`${describeQueues(nonblocking)} non-blocking`);
  if (header !== undefined) parts.push(`header ${header} bytes`);
  if (offloads !== undefined) parts.push(`offloads ${offloads.length === 0 ? 'none' : offloads.join(' ')}`);
  if (order === true) parts.push('order of the queues');
  const after =
    borrower === null || borrower.pid === 0 ? '' : ` after ${borrower.command} (pid ${borrower.pid})`;
  return `put back${after}: ${parts.join(', ')}`;
}
