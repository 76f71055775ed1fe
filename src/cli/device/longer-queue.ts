import type { Link } from '../../netlink/link.js';
import { TXQUEUELEN_MAX } from '../arguments/quantity.js';
import { CommandWriter } from '../errors/command-writer.js';
import type { Console } from '../process/console.js';

/** Prints a hint after a run that missed packets of `link`: a command that makes its queues ten times as long. */
export function suggestLongerQueue({ name, txqueuelen }: Link, console: Console): void {
  const frames = Math.min(Math.max(10_000, txqueuelen * 10), TXQUEUELEN_MAX);
  const commands = new CommandWriter(console.namespace);
  const command = commands.other('ip', 'link', 'set', name, 'txqueuelen', String(frames));
  console.note(`hint: a longer queue misses fewer packets: ${command}`);
}
