import type { QueueDescriptor } from '../../tap/queue/queue-port.js';

/** Where an engine puts what it takes from a queue. */
export interface FrameTaker {
  /** A frame of `length` bytes, without virtio-net header, from byte `offset` of `bytes`; borrowed. `queue` counts from 0. */
  take(bytes: Uint8Array, offset: number, length: number, queue: number): void;
}

/** A way to get frames out of the queues of a TAP. */
export interface ReceiveEngine extends Disposable {
  /** Sleeps until something has come, unless it never does, and takes what is there; returns early once it is woken. */
  turn(): void;
  /** Takes what is there, without sleeping; false where nothing was. */
  drain(): boolean;
}

/** What engines are made of; all is borrowed. */
export interface EngineParts {
  readonly taps: readonly QueueDescriptor[];
  readonly taker: FrameTaker;
  /** Readable when the engine shall sleep no more. */
  readonly wakeFd: number;
}

/** This machine has no such engine: the message says why. */
export class UnsupportedEngine extends Error {
  override readonly name = 'UnsupportedEngine';
}

/** Why buffers cannot be registered where they cannot. */
export const NOT_LOCKABLE = 'so much memory may not be locked (ulimit -l)';
