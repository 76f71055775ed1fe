import type { HandedLane } from '../../../tap/sending/handed-lane.js';
import type { LaneSurroundings } from './direct-lane.js';
import { FilledBurst } from './filled-burst.js';
import type { Lane } from './lane.js';
import type { Ledger } from './ledger.js';
import type { PreparedFrame } from './prepared-frame.js';

/** A queue that another thread sends into. This thread lays the frames into bursts, hands these over, and counts. */
export class ThreadedLane implements Lane {
  readonly number: number;
  readonly headerBytes: number;
  readonly ledger: Ledger;
  readonly #handed: HandedLane;
  readonly #filled: readonly FilledBurst[];
  readonly #note: (index: number, accepted: number, atMs: number) => void;
  /** Frames that were refused since the last burst was handed over. */
  #refused = 0;

  constructor(handed: HandedLane, ledger: Ledger, { device, segments, clock, lateness }: LaneSurroundings) {
    this.number = handed.task.queue.number;
    this.headerBytes = handed.task.queue.headerBytes;
    this.ledger = ledger;
    this.#handed = handed;
    this.#filled = handed.bursts.map((burst) => new FilledBurst(device, burst, segments));
    this.#note = (index, accepted, atMs) =>
      this.#filled[index]!.settle(accepted, clock.secondsAt(atMs), ledger, lateness);
  }

  get gone(): boolean {
    return this.#handed.gone;
  }

  append(bytes: Uint8Array, due: number, mark: number, header: PreparedFrame['header']): boolean {
    if (this.#filled[this.#handed.current]!.append(bytes, due, mark, header)) return true;
    this.flush();
    return this.#filled[this.#handed.current]!.append(bytes, due, mark, header);
  }

  appendStored(offset: number, length: number, due: number, mark: number): boolean {
    if (this.#filled[this.#handed.current]!.appendStored(offset, length, due, mark)) return true;
    this.flush();
    return this.#filled[this.#handed.current]!.appendStored(offset, length, due, mark);
  }

  refuse(code: string): void {
    this.#refused += 1;
    this.ledger.refuse(code);
  }

  flush(): void {
    if (this.#filled[this.#handed.current]!.burst.count > 0 || this.#refused > 0) {
      this.#handed.hand(this.#refused);
      this.#refused = 0;
    }
    this.settle();
  }

  settle(): void {
    if (this.#handed.unsettledCount > 0) this.#handed.settle(this.#note);
  }

  finish(): void {
    this.#handed.settleAll(this.#note);
  }

  [Symbol.dispose](): void {
    for (const filled of this.#filled) filled[Symbol.dispose]();
  }
}
