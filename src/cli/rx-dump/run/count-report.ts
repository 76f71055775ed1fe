import { describeQueues } from '../../arguments/queue-selection.js';
import { describeMissed, type MissedPackets } from '../../device/missed-packets.js';
import { plural } from '../../output/plural.js';
import type { Console } from '../../process/console.js';
import type { DeviceCounters } from './device-counters.js';
import type { DumpOptions } from './dump-arguments.js';
import type { FrameCounts } from './frame-counts.js';
import type { RecordedTypes } from './recorded-frames.js';

/** Packets of a finished run on a device. */
export interface RunCounts {
  /** Those that the run took or saw. */
  readonly captured: number;
  /** Those that the kernel dropped before rtap could read them. */
  readonly missed: number;
  /** Those that the readers of the output do not have. */
  readonly unwritten: number;
}

/** Prints what became of a device's frames, as tcpdump does. Returns what it prints of those that were missed. */
export async function reportDeviceCounts(
  counters: DeviceCounters,
  options: DumpOptions,
  console: Console,
): Promise<MissedPackets> {
  const missed = await counters.readMissed();
  const { frames, truncated } = counters;
  const { captured, offered, discarded, discardedIn } = frames;
  console.note(`${plural(captured, 'packet')} captured`);
  if (options.filter !== '') console.note(`${plural(offered, 'packet')} received by filter`);
  reportWritten(frames, options, console);
  if (discarded > 0) {
    const queues = describeQueues([...discardedIn].sort((a, b) => a - b));
    console.note(`${plural(discarded, 'packet')} discarded in ${queues}`);
  }
  console.note(`${plural(missed.missed, 'packet')} ${describeMissed(missed)}`);
  if (truncated > 0)
    console.note(`${plural(truncated, 'packet')} truncated (longer than the receive buffers)`);
  return missed;
}

/** The same of a saved capture. */
export function reportFileCounts(
  frames: FrameCounts,
  read: number,
  options: DumpOptions,
  console: Console,
): void {
  console.note(`${plural(read, 'packet')} read`);
  if (options.filter !== '' || options.selection !== 'all')
    console.note(`${plural(frames.captured, 'packet')} matched`);
  reportWritten(frames, options, console);
}

/** Prints which packets of saved captures were not Ethernet, and what became of them. */
export function reportLinkTypes({ converted, refused }: RecordedTypes, console: Console): void {
  for (const line of converted.describe('got an Ethernet header')) console.note(line);
  for (const line of refused.describe('passed over: rtap cannot turn them into Ethernet frames'))
    console.note(line);
}

/** Prints how many packets had no time, if they were written in a format that has one for each packet. */
export function reportTimeless(count: number, { write }: DumpOptions, console: Console): void {
  if (count > 0 && write?.format === 'pcap')
    console.note(`${plural(count, 'packet')} without a time: a pcap file has 0 for it, which is 1970`);
}

/** Prints how many packets the readers of the output do not have. */
export function reportLost(lost: number, console: Console): void {
  if (lost > 0)
    console.note(`${plural(lost, 'packet')} not written: the output is full, or its reader too slow`);
}

/** Segments are more packets than were captured. */
function reportWritten({ written }: FrameCounts, { segment }: DumpOptions, console: Console): void {
  if (segment) console.note(`${plural(written, 'packet')} after segmentation`);
}
