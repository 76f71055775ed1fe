/** What one measurement of frames that went somewhere gave. */
export interface Sample {
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  /** Processor time of the engine's threads, their kernel workers included, for each frame. */
  readonly processorNanoseconds: number;
  /** Frames that the kernel was given, in this measurement and the passes beside it, and those of them that arrived. */
  readonly offered: number;
  readonly arrived: number;
  /** Frames that the kernel says were dropped because nobody read them in time. */
  readonly missed: number;
  /** Frames that the kernel did not take when they were offered; not among `offered`. */
  readonly refused: number;
  /** Frames whose order was looked at, and those of them that came behind a later one; 0 of 0 where nobody looked. */
  readonly ordered: number;
  readonly outOfOrder: number;
  /** Kernel workers (`iou-wrk`) that the engine's rings had. */
  readonly workers: number;
}

/** What a measurement of round trips gave. */
export interface TripSample {
  readonly tripsMs: readonly number[];
  /** Processor time that carried them, as a share of the time: 1 is a core. */
  readonly processorShare: number;
  readonly lost: number;
  readonly outOfOrder: number;
}
