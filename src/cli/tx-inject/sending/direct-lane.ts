import type { TapDevice } from '../../../tap/queue/tap-device.js';
import type { TapQueue } from '../../../tap/queue/tap-queue.js';
import { FilledBurst } from './filled-burst.js';
import type { Lane } from './lane.js';
import type { Lateness } from './lateness.js';
import type { Ledger } from './ledger.js';
import type { PacingClock } from './pacing-clock.js';
import type { PreparedFrame } from './prepared-frame.js';

/** What the lanes of a run share. */
export interface LaneSurroundings {
  readonly device: TapDevice;
  readonly clock: PacingClock;
  /** Records how late each frame left; undefined if frames have no due times. */
  readonly lateness: Lateness | undefined;
  /** Pieces that each frame is sent in. */
  readonly segments: number;
}

/** A queue that this thread sends into. */
export class DirectLane implements Lane {
  readonly ledger: Ledger;
  /** A field, since the loop of a run reads it for each frame. */
  gone: boolean;
  readonly #queue: TapQueue;
  readonly #surroundings: LaneSurroundings;
  readonly #filled: FilledBurst;

  constructor(queue: TapQueue, ledger: Ledger, surroundings: LaneSurroundings) {
    this.ledger = ledger;
    this.#queue = queue;
    this.gone = queue.gone;
    this.#surroundings = surroundings;
    const { device, segments } = surroundings;
    this.#filled = new FilledBurst(device, device.allocateBurst(), segments);
  }

  get number(): number {
    return this.#queue.number;
  }

  get headerBytes(): number {
    return this.#queue.headerBytes;
  }

  append(bytes: Uint8Array, due: number, mark: number, header: PreparedFrame['header']): boolean {
    if (this.#filled.append(bytes, due, mark, header)) return true;
    this.flush();
    return this.#filled.append(bytes, due, mark, header);
  }

  appendStored(offset: number, length: number, due: number, mark: number): boolean {
    if (this.#filled.appendStored(offset, length, due, mark)) return true;
    this.flush();
    return this.#filled.appendStored(offset, length, due, mark);
  }

  refuse(code: string): void {
    this.#queue.countRefused();
    this.ledger.refuse(code);
  }

  flush(): void {
    const { burst } = this.#filled;
    if (burst.count === 0) return;
    const accepted = this.#queue.send(burst);
    this.gone = this.#queue.gone;
    const { clock, lateness } = this.#surroundings;
    this.#filled.settle(accepted, lateness === undefined ? 0 : clock.seconds, this.ledger, lateness);
  }

  settle(): void {}

  finish(): void {}

  [Symbol.dispose](): void {
    this.#filled[Symbol.dispose]();
  }
}
