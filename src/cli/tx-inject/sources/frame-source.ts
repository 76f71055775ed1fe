/** Frames to be sent, as a cursor. What the getters return is borrowed until the next call. */
export interface FrameSource extends Disposable {
  /** Moves to the next frame. False if `refill` has to bring more first. */
  next(): boolean;
  /** Brings more input, and may wait for it. False if there is none left. */
  refill(): boolean | Promise<boolean>;
  /** Ends the input: a `refill` that waits brings no more. */
  cancel(): void;
  /** Starts again before the first frame. */
  rewind(): void;
  readonly frame: Uint8Array;
  /** Bytes before the capture cut the frame; at least as many as the frame has. */
  readonly originalLength: number;
  /** Whether it is an Ethernet frame. */
  readonly ethernet: boolean;
  /** The link type that a capture has for it. If `ethernet` is true and this is another one, the frame was converted. */
  readonly linkType: number;
  /** Recorded seconds since the first frame of this pass; 0 if there is no recorded time. */
  readonly recordedSeconds: number;
  /** The virtio-net header that was stored with the frame: 10 or 12 bytes, little-endian; empty for none. */
  readonly virtioNetHeader: Uint8Array;
  /** Whether the checksum that `virtioNetHeader` leaves unfinished is finished in `frame`. */
  readonly checksumFinished: boolean;
  /** The queue that a capture recorded for it; QUEUE_UNKNOWN for none. */
  readonly queue: number;
  /**
   * Writes the time of sending into the frame, and its number in stream `stream` of the run, from 0. Called right before the
   * frame is put into its burst, after any waiting.
   */
  stamp?(stream: number): void;
  /** `recordedSeconds` of each frame of a pass; absent if they are unknown before the end. */
  readonly recordedTimes?: readonly number[];
  /** How much of this pass has been read, 0 to 1; absent if that is unknown. */
  readonly fraction?: number | undefined;
}

/** The header of a frame that has none. */
export const NO_HEADER = new Uint8Array(0);
