import { describeQueues } from '../../arguments/queue-selection.js';
import { plural } from '../../output/plural.js';
import type { Console } from '../../process/console.js';
import type { DumpOptions } from './dump-arguments.js';
import type { FramePipeline } from './frame-pipeline.js';

/** What a device's frames met besides the pipeline. */
export interface DeviceCounts {
  /** Taken from queues that are not wanted, and which these are. */
  readonly discarded: number;
  readonly discardedIn: readonly number[];
  /** Dropped by the kernel. */
  readonly missed: number;
  /** Cut by the receive buffers, and not handed out. */
  readonly truncated: number;
}

/** Says what became of a device's frames, as tcpdump does. */
export function reportDeviceCounts(
  pipeline: FramePipeline,
  counts: DeviceCounts,
  options: DumpOptions,
  console: Console,
): void {
  console.note(`${plural(pipeline.captured, 'packet')} captured`);
  if (options.filter !== '') console.note(`${plural(pipeline.offered, 'packet')} received by filter`);
  reportWritten(pipeline, options, console);
  const { discarded, discardedIn, missed, truncated } = counts;
  if (discarded > 0)
    console.note(`${plural(discarded, 'packet')} discarded in ${describeQueues(discardedIn)}`);
  console.note(`${plural(missed, 'packet')} missed (dropped by the kernel before rtap could read them)`);
  if (truncated > 0)
    console.note(`${plural(truncated, 'packet')} truncated (longer than the receive buffers)`);
}

/** The same of a saved capture; `read` are all its packets so far. */
export function reportFileCounts(
  pipeline: FramePipeline,
  read: number,
  options: DumpOptions,
  console: Console,
): void {
  console.note(`${plural(read, 'packet')} read`);
  if (options.filter !== '' || options.selection !== 'all')
    console.note(`${plural(pipeline.captured, 'packet')} matched`);
  reportWritten(pipeline, options, console);
}

/** Says which packets the readers of the output do not have. */
export function reportLost(lost: number, console: Console): void {
  if (lost > 0)
    console.note(`${plural(lost, 'packet')} not written: the output is full, or its reader too slow`);
}

/** Segments are more packets than were captured. */
function reportWritten(pipeline: FramePipeline, options: DumpOptions, console: Console): void {
  if (options.segment) console.note(`${plural(pipeline.written, 'packet')} after segmentation`);
}
