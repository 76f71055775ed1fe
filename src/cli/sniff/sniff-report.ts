import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import type { SniffOptions } from './sniff-arguments.js';
import type { SniffCounters } from './sniff-counters.js';

/** Prints what became of the frames that passed a device, as tcpdump does, and what the device itself dropped. */
export function reportSniffCounts(counters: SniffCounters, options: SniffOptions, console: Console): void {
  const { frames, missed, late } = counters;
  console.note(`${plural(frames.captured, 'packet')} captured`);
  console.note(`${plural(counters.received, 'packet')} received by filter`);
  if (options.segment) console.note(`${plural(frames.written, 'packet')} after segmentation`);
  console.note(`${plural(counters.dropped, 'packet')} dropped by kernel (no room left in the buffer)`);
  console.note(`${plural(missed, 'packet')} missed by the device (dropped before a program could read them)`);
  if (late > 0)
    console.note(
      `${plural(late, 'packet')} too late for the order of time: stored with the time of the one before`,
    );
}

/** Prints a hint after a run that had no room for all frames. `ringBytes` is what it had. */
export function suggestLargerBuffer({ ringBytes }: SniffOptions, console: Console): void {
  const kib = Math.max(65_536, ((ringBytes ?? 0) / 1024) * 4);
  console.note(`hint: a larger buffer drops fewer packets: -B ${kib}`);
}
