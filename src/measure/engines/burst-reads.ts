import { Ownership } from '../../sys/ownership.js';
import { privateCounters } from '../../tap/counters/counter-table.js';
import { FrameArena } from '../../tap/memory/frame-arena.js';
import { FrameBurst } from '../../tap/memory/frame-burst.js';
import { TapQueue } from '../../tap/queue/tap-queue.js';
import { FRAMES_PER_TURN } from '../../tap/state/limits.js';
import { PollRing } from '../../uring/poll-ring.js';
import { Ring } from '../../uring/ring.js';
import { type EngineParts, NOT_LOCKABLE, type ReceiveEngine, UnsupportedEngine } from './receive-engine.js';

export interface BurstReadsOptions {
  /** Frames of a burst: a power of two. */
  readonly burstFrames: number;
  /** Whether the memory is registered with the ring. */
  readonly fixed: boolean;
  /** Ask without a pause instead of sleeping. */
  readonly busyPoll: boolean;
}

/** rtap's own way: one poll, then bursts of reads that never wait, until a burst comes back short. */
export class BurstReads implements ReceiveEngine {
  readonly #parts: EngineParts;
  readonly #busyPoll: boolean;
  readonly #owned = new Ownership();
  readonly #queues: readonly TapQueue[];
  readonly #burst: FrameBurst;
  readonly #polls: PollRing;

  constructor(parts: EngineParts, { burstFrames, fixed, busyPoll }: BurstReadsOptions) {
    this.#parts = parts;
    this.#busyPoll = busyPoll;
    const own = <T extends Disposable>(part: T) => this.#owned.own(part);
    try {
      const arena = own(FrameArena.open(1, burstFrames));
      const ring = own(Ring.open(burstFrames));
      if (fixed) arena.registerWith(ring);
      if (fixed && !arena.registered) throw new UnsupportedEngine(NOT_LOCKABLE);
      this.#queues = parts.taps.map((tap, number) =>
        own(new TapQueue(number, ring, arena, tap, privateCounters())),
      );
      this.#burst = own(new FrameBurst(arena, parts.taps[0]!.headerBytes));
      this.#polls = own(new PollRing(parts.taps.length + 1));
      this.#polls.arm(parts.wakeFd, parts.taps.length);
      if (!busyPoll) for (const [number, { fd }] of parts.taps.entries()) this.#polls.arm(fd, number);
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  turn(): void {
    if (this.#busyPoll) {
      this.drain();
      return;
    }
    this.#polls.wait();
    for (let tag = this.#polls.next(); tag >= 0; tag = this.#polls.next()) {
      const queue = this.#queues[tag];
      if (queue === undefined) continue;
      this.#empty(queue, FRAMES_PER_TURN);
      this.#polls.arm(queue.fd, tag);
    }
  }

  drain(): boolean {
    let received = 0;
    for (const queue of this.#queues) received += this.#empty(queue, 1);
    return received > 0;
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }

  /** Takes bursts until one comes back short or `enough` frames came. Returns how many came. */
  #empty(queue: TapQueue, enough: number): number {
    const { taker } = this.#parts;
    const burst = this.#burst;
    let received = 0;
    while (received < enough) {
      const count = queue.receive(burst);
      for (let index = 0; index < count; index++)
        taker.take(burst.bytes, burst.offsets[index]!, burst.lengths[index]!, queue.number);
      received += count;
      if (queue.emptied) break;
    }
    return received;
  }
}
