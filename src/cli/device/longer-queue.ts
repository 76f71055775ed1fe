import { freemem } from 'node:os';
import type { Link } from '../../netlink/link.js';
import { TXQUEUELEN_EVERYWHERE } from '../../tap/state/limits.js';
import { CommandWriter } from '../errors/command-writer.js';
import type { Console } from '../process/console.js';

/**
 * Kernel memory for each frame of txqueuelen while a device is up, in bytes: the kernel gives a multi-queue TAP 256 queues, each
 * with a pfifo_fast, which has three rings of pointers. The length of a ring is rounded up to a power of two.
 */
const FRAME_BYTES = 256 * 3 * 8;
/** The part of the free memory that a hint may suggest to take. */
const FREE_SHARE = 1 / 4;
const MIB = 1024 * 1024;

/** Prints a hint after a run that missed packets of `link`: a command that makes its queues longer, if this machine has the memory. */
export function suggestLongerQueue({ name, txqueuelen }: Link, console: Console): void {
  const frames = longerQueue(txqueuelen, freemem());
  if (frames === undefined) return;
  const memory = `up to ${Math.round(queueMemory(frames) / MIB)} MiB of kernel memory`;
  const commands = new CommandWriter(console.namespace);
  const command = commands.rtap('txqueuelen', name, String(frames));
  console.note(`hint: a longer queue misses fewer packets, and takes ${memory}: ${command}`);
}

/** Returns the kernel memory that an up device of this txqueuelen takes, in bytes. */
export function queueMemory(txqueuelen: number): number {
  return 2 ** Math.ceil(Math.log2(txqueuelen)) * FRAME_BYTES;
}

/**
 * Returns the txqueuelen to suggest in place of `present`: ten times as long, at least 10,000 frames, as far as kernels and `freeBytes`
 * allow. undefined if that is not longer.
 */
export function longerQueue(present: number, freeBytes: number): number | undefined {
  const affordable = 2 ** Math.floor(Math.log2((freeBytes * FREE_SHARE) / FRAME_BYTES));
  const frames = Math.min(Math.max(10_000, present * 10), TXQUEUELEN_EVERYWHERE, affordable);
  return frames > present ? frames : undefined;
}
