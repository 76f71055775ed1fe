import type { ByteQueue } from '../../../packet/bytes/byte-queue.js';

/** `FrameSource.storedAt` of a frame that does not lie in the store. */
export const NOT_STORED = -1;

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
  /** A view, made when it is first asked for. Hot paths use `bytes`. */
  readonly frame: Uint8Array;
  /** The frame has `length` bytes from `bytes[start]` on. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
  /** Keeps what is read or made in the store of the device. Called before the first `next`. */
  storeIn?(share: StoreShare): void;
  /**
   * Bytes of the store that `storeIn` needs, for a run whose queues hold `frames` frames at a time, behind headers of at most `headerBytes`
   * bytes; 0 for a source that uses none.
   */
  storeBytes?(frames: number, headerBytes: number): number;
  /**
   * Where in the arena the frame begins, with room for its virtio-net header in front; NOT_STORED if it does not lie in the
   * store. Absent for a source without `storeIn`.
   */
  readonly storedAt?: number;
  /** The frames that come again unchanged in the next pass; absent if there are none. */
  readonly repeated?: RepeatedFrames | undefined;
  /** The number of the frame among these, from 0. */
  readonly repeatIndex?: number;
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

/** The store of a device, as a source uses it. */
export interface StoreShare {
  /** The store. */
  readonly memory: Uint8Array;
  /** The byte of the arena where it begins. */
  readonly start: number;
  /** What was read waits here. Its first buffer is `memory`. */
  readonly queue: ByteQueue;
  /** Bytes of the virtio-net header in front of each frame. */
  readonly headerBytes: number;
  /** Lanes of the run. */
  readonly lanes: number;
  /** Most frames of one lane that exist at a time: those in its bursts, and one that is in no burst yet. */
  readonly laneFrames: number;
}

/** Frames that come again and again. */
export interface RepeatedFrames {
  readonly count: number;
  /** Bytes of all. */
  readonly byteCount: number;
}

/** The header of a frame that has none. */
export const NO_HEADER = new Uint8Array(0);
