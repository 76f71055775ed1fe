/** The result of one measurement of frames. */
export interface Sample {
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
  /** Processor time for each frame, of the engine's threads and their kernel workers. */
  readonly processorNanoseconds: number;
  /** Frames that the kernel was given in this measurement and its further passes, and those of them that arrived. */
  readonly offered: number;
  readonly arrived: number;
  /** Frames that the kernel dropped because they were not read in time. */
  readonly missed: number;
  /** Frames that the kernel refused when they were offered. Not among `offered`. */
  readonly refused: number;
  /**
   * Frames whose order was checked, and those of them that came after a later one. 0 of 0 if the order was not
   * checked.
   */
  readonly ordered: number;
  readonly outOfOrder: number;
  /** Kernel workers (`iou-wrk`) that the engine's rings had. */
  readonly workers: number;
}

/** The result of a measurement of round trips. */
export interface TripSample {
  readonly tripsMs: readonly number[];
  /** Processor time of the forwarder, as a share of the time: 1 is a core. */
  readonly processorShare: number;
  readonly lost: number;
  readonly outOfOrder: number;
}
