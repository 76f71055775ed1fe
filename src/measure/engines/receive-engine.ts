import type { QueueDescriptor } from '../../tap/queue/queue-port.js';

/** Takes over the frames that an engine reads. */
export interface FrameTaker {
  /**
   * Called for a frame of `length` bytes, without virtio-net header, from byte `offset` of `bytes` on; borrowed.
   * `queue` counts from 0.
   */
  take(bytes: Uint8Array, offset: number, length: number, queue: number): void;
}

/** A way to read frames from the queues of a TAP. */
export interface ReceiveEngine extends Disposable {
  /**
   * Sleeps until something has come, unless the engine never sleeps, and takes what is there. Returns early when
   * `wakeFd` is readable.
   */
  turn(): void;
  /** Takes what is there without sleeping. Returns false if there was nothing. */
  drain(): boolean;
}

/** What engines are made of; all is borrowed. */
export interface EngineParts {
  readonly taps: readonly QueueDescriptor[];
  readonly taker: FrameTaker;
  /** Readable when the engine must sleep no more. */
  readonly wakeFd: number;
}

/** Thrown if this machine has no such engine. The message says why. */
export class UnsupportedEngine extends Error {
  override readonly name = 'UnsupportedEngine';
}

/** Why buffers cannot be registered. */
export const NOT_LOCKABLE = 'it needs more locked memory (ulimit -l)';
