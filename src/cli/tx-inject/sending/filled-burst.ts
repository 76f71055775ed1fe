import type { FrameBurst } from '../../../tap/memory/frame-burst.js';
import type { TapDevice } from '../../../tap/queue/tap-device.js';
import type { Lateness } from './lateness.js';
import type { Ledger } from './ledger.js';
import { copyHeader, type PreparedFrame } from './prepared-frame.js';
import { Scatter } from './scatter.js';

/** How the ledger counts a frame when it is accepted. A frame that was captured short is sent without header. */
export const MARK_NONE = 0;
export const MARK_SHORT = 1;
export const MARK_OFFLOADED = 2;

/** Memory for the pieces of a burst's frames. Bytes. */
const SCATTER_BYTES = 4 * 1024 * 1024;

/** A burst, and for each frame what the ledger counts when the kernel has taken it. */
export class FilledBurst implements Disposable {
  /** Owned. */
  readonly burst: FrameBurst;
  readonly #scatter: Scatter | undefined;
  /** When each frame was due. Seconds. */
  readonly #dues: Float64Array;
  /** For each frame a MARK_. */
  readonly #marks: Uint8Array;

  /** @param segments pieces that each frame is sent in */
  constructor(device: TapDevice, burst: FrameBurst, segments: number) {
    this.burst = burst;
    this.#dues = new Float64Array(burst.framesMax);
    this.#marks = new Uint8Array(burst.framesMax);
    this.#scatter = segments > 1 ? new Scatter(device, burst, segments, SCATTER_BYTES) : undefined;
  }

  /** Lays a frame in. False if there is no room for it. `header` is that of a frame with MARK_OFFLOADED. */
  append(bytes: Uint8Array, due: number, mark: number, header: PreparedFrame['header']): boolean {
    const { burst } = this;
    const hasRoom = this.#scatter === undefined ? burst.append(bytes) : this.#scatter.append(bytes);
    if (!hasRoom) return false;
    const index = burst.count - 1;
    this.#dues[index] = due;
    this.#marks[index] = mark;
    if (mark === MARK_OFFLOADED) copyHeader(header, burst.facts(index));
    return true;
  }

  /** As `append`, for a frame that lies in the store, behind its header. Only without pieces. */
  appendStored(offset: number, length: number, due: number, mark: number): boolean {
    const { burst } = this;
    if (!burst.appendStored(offset, length)) return false;
    const index = burst.count - 1;
    this.#dues[index] = due;
    this.#marks[index] = mark;
    return true;
  }

  /**
   * After the burst was sent: counts its frames, and empties it. The kernel took `accepted` of them, `seconds` after the run
   * began.
   */
  settle(accepted: number, seconds: number, ledger: Ledger, lateness: Lateness | undefined): void {
    const { burst } = this;
    const { results, lengths, count } = burst;
    const marks = this.#marks;
    let bytes = 0;
    for (let index = 0; index < count; index++) {
      if (results[index] !== 0) {
        ledger.refuse(burst.refusal(index)!);
        continue;
      }
      bytes += lengths[index]!;
      const mark = marks[index]!;
      if (mark === MARK_SHORT) ledger.short += 1;
      else if (mark === MARK_OFFLOADED) ledger.offloaded += 1;
    }
    ledger.accepted += accepted;
    ledger.bytes += bytes;
    if (lateness !== undefined) this.#recordLateness(seconds, lateness);
    burst.clear();
  }

  #recordLateness(seconds: number, lateness: Lateness): void {
    const { results, count } = this.burst;
    for (let index = 0; index < count; index++)
      if (results[index] === 0) lateness.record(seconds - this.#dues[index]!);
  }

  [Symbol.dispose](): void {
    this.#scatter?.[Symbol.dispose]();
    this.burst[Symbol.dispose]();
  }
}
