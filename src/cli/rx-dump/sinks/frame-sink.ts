import type { CapturedFrame } from './captured-frame.js';

/** What a run counts, since it attached. */
export interface CaptureStatistics {
  /** When it began, and the time of the count: seconds since 1970 and nanoseconds within. */
  readonly startSeconds: number;
  readonly startNanoseconds: number;
  readonly endSeconds: number;
  readonly endNanoseconds: number;
  /** Packets taken from the kernel. */
  readonly received: number;
  /** Packets that the kernel dropped before anybody took them. */
  readonly missed: number;
  /** Of those received, the ones that the filter let through. */
  readonly accepted: number;
  /** Packets that the output took: fewer where its reader was too slow, more where they were segmented. */
  readonly written: number;
}

/** The same before it is known what the output took. */
export type ReceptionStatistics = Omit<CaptureStatistics, 'written'>;

/** Turns frames into bytes of output. */
export interface FrameSink {
  /** What comes before the first frame of the output, or of each of its files; empty for none. Borrowed. */
  begin(): Uint8Array;
  /** One frame as one item of output; borrowed until the next call. */
  encode(frame: CapturedFrame): Uint8Array;
  /** The output took the item of the last `encode`; a new file may have been begun before it. */
  written?(): void;
  /** What comes after the last frame; empty for none. `statistics` is undefined where a saved capture was read. Borrowed. */
  end(statistics: CaptureStatistics | undefined): Uint8Array;
}
