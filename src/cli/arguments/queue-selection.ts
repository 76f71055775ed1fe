import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { KERNEL_QUEUES_MAX } from '../../tap/state/limits.js';

/** The queues that `-q` names: numbers in rising order, or all. */
export type QueueSelection = 'all' | readonly number[];

/** The largest number that a queue can have. It bounds how many numbers a range expands to. */
const QUEUE_NUMBER_MAX = KERNEL_QUEUES_MAX - 1;

/** Reads the value of `-q`: `2`, `0,2`, `1-3`, `0,2-3`, `all`. Throws a TypeError or RangeError. */
export function parseQueueSelection(text: string): QueueSelection {
  if (text === 'all') return 'all';
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null)
      throw new ArgumentTypeError(`cannot read queues "${text}": wanted a form like 2, 0,2 or 1-3, or all`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last > QUEUE_NUMBER_MAX) {
      throw new ArgumentRangeError(
        `cannot read queues "${text}": ${part} is not a range from 0 to ${QUEUE_NUMBER_MAX}`,
      );
    }
    for (let number = first; number <= last; number++) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** Writes rising queue numbers with ranges: `0-3`, `2`, `0,2-3`. */
export function formatQueues(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end += 1;
    parts.push(end === at ? `${numbers[at]}` : `${numbers[at]}-${numbers[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}

/** Writes rising queue numbers for a sentence: `queue 2`, `queues 0-3`. */
export function describeQueues(numbers: readonly number[]): string {
  return `queue${numbers.length === 1 ? '' : 's'} ${formatQueues(numbers)}`;
}

/** Says that a borrower has detached `numbers`, which are queues of the device `name`, and what follows from that. */
export function describeDisabled(name: string, numbers: readonly number[], consequence: string): string {
  const [are, them] = numbers.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${describeQueues(numbers)} of ${name} ${are} disabled: a borrower has detached ${them}, and ${consequence}`;
}
