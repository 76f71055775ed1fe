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
}
