/** What a run has counted of its frames. One object, which everything that counts adds to. */
export class FrameCounts {
  /** Frames that came. */
  offered = 0;
  /** Frames of these that the filter let through. */
  captured = 0;
  /** Frames given to the outputs: more than captured if they were segmented. */
  written = 0;
  /** Frames taken from queues that are not wanted, and thrown away. */
  discarded = 0;
  /** The numbers of those queues. */
  readonly discardedIn = new Set<number>();
}
