/** Frames to be sent, as a cursor; what the getters return is borrowed until the next call. */
export interface FrameSource extends Disposable {
  /** Moves to the next frame; false when `refill` has to bring more first. */
  next(): boolean;
  /** Brings more input; false when there is none left. May wait. */
  refill(): boolean | Promise<boolean>;
  /** Ends a `refill` that waits: it brings no more. */
  cancel(): void;
  /** Begins again with the first frame. */
  rewind(): void;
  readonly frame: Uint8Array;
  /** Length before the capture cut it; never less than the frame's own. */
  readonly originalLength: number;
  /** Whether it is an Ethernet frame. */
  readonly ethernet: boolean;
  /** Seconds since the first frame of this pass, as recorded; 0 where nothing is recorded. */
  readonly recordedSeconds: number;
  /** The virtio-net header that came with the frame (10 or 12 bytes, little-endian); empty where none is known. */
  readonly virtioNetHeader: Uint8Array;
  /** Whether the checksum that `virtioNetHeader` leaves unfinished is finished in `frame`. */
  readonly checksumFinished: boolean;
  /** Told when the frame is about to be sent, after any waiting: what it says of that moment is written now. */
  stamp?(): void;
  /**
   * Seconds that are recorded from the first frame to the last of so many passes, or so many frames where that is less;
   * absent where nobody knows beforehand.
   */
  recordedSpan?(loops: number, frames: number): number;
  /** How much of this pass has been read, 0 to 1; absent where nobody knows. */
  readonly fraction?: number | undefined;
}

/** What stands for a header where a frame has none. */
export const NO_HEADER = new Uint8Array(0);
