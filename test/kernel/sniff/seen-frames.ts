import type { FrameWatch } from '../../../src/tap/watch/frame-watch.js';
import { runTool } from '../peer.js';

/** A frame that a watch has seen. */
export interface SeenFrame {
  readonly queue: number;
  readonly outbound: boolean;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
}

/** Reads `watch` until it ends, in the background. */
export class SeenFrames {
  readonly frames: SeenFrame[] = [];
  /** Settles when the watch has ended. */
  readonly ended: Promise<void>;

  constructor(watch: FrameWatch) {
    this.ended = this.#read(watch);
  }

  /** Frames of each queue and direction: `out q0`. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { queue, outbound } of this.frames) {
      const key = `${outbound ? 'out' : 'in'} q${queue}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  async #read(watch: FrameWatch): Promise<void> {
    for await (const burst of watch.bursts()) {
      for (let index = 0; index < burst.count; index++) {
        this.frames.push({
          queue: burst.queues[index]!,
          outbound: burst.outbound[index] === 1,
          time: BigInt(burst.seconds[index]!) * 1_000_000_000n + BigInt(burst.nanoseconds[index]!),
          bytes: burst.frame(index).slice(),
          originalLength: burst.originalLengths[index]!,
        });
      }
    }
  }
}

/** The counts of a program in the words of `SeenFrames.counts`. Queues without a frame are left out. */
export function countsOf(direction: 'in' | 'out', counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    counts.flatMap((count, queue) => (count === 0 ? [] : [[`${direction} q${queue}`, count]])),
  );
}

/** Frames of each queue and direction in a capture, as tshark reads them: `out q0`. */
export function countsIn(path: string): Record<string, number> {
  const fields = ['-e', 'frame.interface_queue', '-e', 'frame.packet_flags_direction'];
  const counts: Record<string, number> = {};
  for (const line of runTool('tshark', '-r', path, '-T', 'fields', ...fields)
    .trimEnd()
    .split('\n')) {
    const [queue, direction] = line.split('\t');
    const key = `${Number(direction) === 2 ? 'out' : 'in'} q${queue}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
