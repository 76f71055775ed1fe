import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import type { OutputWriter } from '../../output/output-writer.js';
import type { CapturedFrame } from './captured-frame.js';

/** Where a sink encodes frames, without a copy; an `OutputWriter` is one. */
export type ItemBuffer = Pick<OutputWriter, 'buffer' | 'reserve' | 'commit'>;

/** Turns frames into bytes of output. */
export interface FrameSink {
  /** Writes one frame as one item of `output`; false if it was dropped. */
  write(frame: CapturedFrame, output: ItemBuffer): boolean;
  /** Writes one frame of the first interface as `write` does, and faster. Absent if the sink has no such way. */
  copy?(frame: PlacedFrame, output: ItemBuffer): boolean;
}

/** Turns frames into a capture: a head, the frames, a tail. */
export interface CaptureSink extends FrameSink {
  /** What comes before the first frame of each file. A form without comments leaves `comment` out. */
  begin(comment?: string): Uint8Array;
  /** What comes after the last frame of each file. `statistics` is undefined if a saved capture was read. */
  end(statistics: CaptureStatistics | undefined): Uint8Array;
}

/** What a run has counted so far. */
export interface CaptureStatistics {
  /** When the run began and when it counted: seconds since 1970 and nanoseconds within. */
  readonly startSeconds: number;
  readonly startNanoseconds: number;
  readonly endSeconds: number;
  readonly endNanoseconds: number;
  /** Packets taken from the kernel. */
  readonly received: number;
  /** Packets that the kernel dropped because a queue was full. */
  readonly missed: number;
  /** Those of the received packets that the filter let through. */
  readonly accepted: number;
  /** Packets that the output took: fewer if its reader was too slow, more if they were segmented. */
  readonly written: number;
}

/** The same before it is known what the output took. */
export type ReceptionStatistics = Omit<CaptureStatistics, 'written'>;

/** What counts the packets of a run. */
export interface ReceptionCounter {
  /** The counts so far. */
  statistics(): ReceptionStatistics;
}
