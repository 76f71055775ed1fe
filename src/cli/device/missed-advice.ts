import type { Link } from '../../netlink/link.js';
import { TXQUEUELEN_MAX } from '../arguments/quantity.js';
import { CommandWriter } from '../errors/command-writer.js';
import { printableName } from '../output/escapes.js';
import type { Console } from '../process/console.js';

/**
 * Prints a hint after a run that missed packets of `link`: a command that makes its queues ten times as long. If the device has an
 * address filter (`filtered`), what the filter dropped may be among the packets.
 */
export function adviseOnMissed({ name, txqueuelen }: Link, filtered: boolean, console: Console): void {
  if (filtered) noteFilter(name, console);
  const frames = Math.min(Math.max(10_000, txqueuelen * 10), TXQUEUELEN_MAX);
  const commands = new CommandWriter(console.namespace);
  const command = commands.other('ip', 'link', 'set', name, 'txqueuelen', String(frames));
  console.note(`hint: a longer queue misses fewer packets: ${command}`);
}

/** Notes that the device `name` has an address filter, where missed packets are shown. */
export function noteFilter(name: string, console: Console): void {
  const command = new CommandWriter(console.namespace).rtap('filter', name);
  console.note(
    `${printableName(name)} has an address filter, and what it drops counts as missed: ${command} prints it`,
  );
}
