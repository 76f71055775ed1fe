import { Ownership } from '../../sys/ownership.js';
import { Ring } from '../../uring/ring.js';
import { FrameArena } from '../memory/frame-arena.js';
import { FrameBurst } from '../memory/frame-burst.js';
import { SlotLayout } from '../memory/slot-layout.js';
import { countersOf } from '../queue/handed-queue.js';
import type { DeviceShare } from '../queue/tap-device.js';
import { TapQueue } from '../queue/tap-queue.js';
import { ENDING, THREAD_STATE, THREAD_WAKE, threadWords } from './lane-words.js';
import { type LaneTask, SendingLane } from './sending-lane.js';

/** What a thread does. Another thread owns everything named here until this one has ended. */
export interface SendingTask {
  readonly arena: DeviceShare['arena'];
  readonly lanes: readonly LaneTask[];
  readonly words: SharedArrayBuffer;
}

/**
 * Sends what another thread lays into the bursts of some queues, by a ring of its own. It sleeps while there is nothing to
 * send, and does nothing else.
 */
export class SendingThread implements Disposable {
  readonly #owned = new Ownership();
  readonly #words: Int32Array;
  readonly #lanes: readonly SendingLane[];

  constructor(task: SendingTask) {
    this.#words = threadWords(task.words);
    try {
      this.#lanes = this.#makeLanes(task);
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Sends until the end. Does not return to the event loop meanwhile. */
  run(): void {
    for (;;) {
      // In this order: what is handed over from here on changes the word, or is seen by the turn.
      const wake = Atomics.load(this.#words, THREAD_WAKE);
      const isEnding = Atomics.load(this.#words, THREAD_STATE) === ENDING;
      if (this.#turn()) continue;
      if (isEnding) return;
      Atomics.wait(this.#words, THREAD_WAKE, wake);
    }
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }

  /** Sends a burst of each lane that has one. Returns whether any had. */
  #turn(): boolean {
    let hasSent = false;
    for (let lane = 0; lane < this.#lanes.length; lane++) {
      if (this.#lanes[lane]!.sendNext()) hasSent = true;
    }
    return hasSent;
  }

  #makeLanes({ arena: share, lanes }: SendingTask): SendingLane[] {
    const slots = new SlotLayout({ frameBytesMax: share.frameBytesMax });
    const arena = this.#owned.own(FrameArena.borrow(share, slots));
    const ring = this.#owned.own(Ring.open(share.burstFrames));
    const burst = this.#owned.own(new FrameBurst(arena, lanes[0]!.queue.headerBytes));
    return lanes.map((lane) => {
      const { queue } = lane;
      const own = this.#owned.own(new TapQueue(queue.number, ring, arena, queue, countersOf(queue)));
      return new SendingLane(lane, own, burst);
    });
  }
}
