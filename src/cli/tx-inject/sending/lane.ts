import type { Ledger } from './ledger.js';
import type { PreparedFrame } from './prepared-frame.js';

/** A queue of a run: it takes frames in their order, sends them in bursts, and counts what became of them. */
export interface Lane extends Disposable {
  /** Number of the queue. */
  readonly number: number;
  readonly ledger: Ledger;
  /** Bytes of the virtio-net header in front of each frame. */
  readonly headerBytes: number;
  /** Whether the device was deleted: it accepts nothing any more. */
  readonly gone: boolean;
  /**
   * Lays a frame into the burst. False if there is no room in an empty burst. `mark` is a MARK_ of filled-burst, `header`
   * that of a frame with MARK_OFFLOADED.
   */
  append(bytes: Uint8Array, due: number, mark: number, header: PreparedFrame['header']): boolean;
  /**
   * As `append`, for a frame that lies in the device's store, behind its header, and is sent from there. It must not change
   * until it has been sent.
   */
  appendStored(offset: number, length: number, due: number, mark: number): boolean;
  /** Counts a frame that was refused before the kernel saw it. */
  refuse(code: string): void;
  /** Sends the frames that wait. */
  flush(): void;
  /** Brings the ledger up to date. */
  settle(): void;
  /** Waits until all frames that were flushed are sent and counted. */
  finish(): void;
}
