/** A received frame and where it came from. Reused: it is borrowed until the next frame. */
export interface ReceivedFrame {
  readonly queue: number;
  /** Ethernet header and payload; borrowed. */
  readonly bytes: Uint8Array;
  /** When its burst was complete: seconds since 1970 and nanoseconds within. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Turns frames into bytes of output. */
export interface FrameSink {
  /** What comes before the first frame; empty for none. */
  begin(): Uint8Array;
  /** One frame as one item of output; borrowed until the next call. */
  encode(frame: ReceivedFrame): Uint8Array;
}
