import { TXQUEUELEN_MAX } from '../arguments/quantity.js';

/** A hint for a run that missed packets of the device `name`, whose queues hold `frames` frames each. */
export function longerQueueHint(name: string, frames: number): string {
  return `hint: a longer queue misses less: ip link set ${name} txqueuelen ${longerQueue(frames)}`;
}

/** What is worth trying where so many frames were not enough. */
function longerQueue(frames: number): number {
  return Math.min(Math.max(10_000, frames * 10), TXQUEUELEN_MAX);
}
