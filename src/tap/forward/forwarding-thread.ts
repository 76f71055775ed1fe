import { Ownership } from '../../sys/ownership.js';
import { PollRing } from '../../uring/poll-ring.js';
import { Ring } from '../../uring/ring.js';
import { FrameArena } from '../memory/frame-arena.js';
import { FrameBurst } from '../memory/frame-burst.js';
import { countersOf, type HandedQueue } from '../queue/handed-queue.js';
import { TapQueue } from '../queue/tap-queue.js';
import { FORWARDING, ForwardingLane } from './forwarding-lane.js';
import { FrameBudget } from './frame-budget.js';
import { laneCounters } from './lane-counts.js';
import type { ForwardLane } from './lane-plan.js';

/** Bursts of one lane before other lanes and the main thread get their turn. */
const BURSTS_PER_TURN = 16;

/** What a thread does. The main thread owns everything named here until the thread has ended. */
export interface ForwardingTask {
  /** Queues of each device. */
  readonly devices: readonly [readonly HandedQueue[], readonly HandedQueue[]];
  /** The lanes of this thread. */
  readonly lanes: readonly (ForwardLane & { readonly number: number; readonly discard: boolean })[];
  readonly laneCounts: SharedArrayBuffer;
  /** One word: FORWARDING or FINISHING. */
  readonly state: SharedArrayBuffer;
  readonly budget: SharedArrayBuffer | undefined;
  /** Readable when `state` has changed. */
  readonly wakeFd: number;
  readonly burstFrames: number;
  /** Most frames that wait in a queue of each device. */
  readonly waitingFramesMax: readonly [number, number];
  readonly busyPoll: boolean;
}

/**
 * Why a forwarder ended: it was stopped, all frames of its budget were carried, or one of its devices was deleted.
 */
export type ForwardingEnd =
  | { readonly reason: 'finished' | 'spent' }
  /** `headerBytes` is the new size if the header of the device has changed, and undefined if the device was deleted. */
  | { readonly reason: 'gone'; readonly device: 0 | 1; readonly headerBytes: number | undefined };

/** The lanes of one thread. The thread sleeps in the kernel while no lane has frames, and does nothing else. */
export class ForwardingThread implements Disposable {
  readonly #task: ForwardingTask;
  readonly #owned = new Ownership();
  readonly #lanes: readonly ForwardingLane[];
  readonly #polls: PollRing;
  readonly #ready: boolean[];
  readonly #budget: FrameBudget;
  readonly #state: Int32Array;
  #readyCount = 0;

  /** Discards the frames that must not be forwarded. Frames that arrive after that are forwarded. */
  constructor(task: ForwardingTask) {
    this.#task = task;
    this.#state = new Int32Array(task.state);
    this.#budget = new FrameBudget(task.budget);
    this.#ready = task.lanes.map(() => false);
    try {
      // One more poll wakes the thread.
      this.#polls = this.#owned.own(new PollRing(task.lanes.length + 1));
      this.#lanes = this.#makeLanes();
      for (const [index, { from, discard }] of task.lanes.entries())
        if (discard) this.#lanes[index]!.discard(task.waitingFramesMax[from]);
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Carries frames until the end. Returns why it ended. Does not return to the event loop meanwhile. */
  run(): ForwardingEnd {
    this.begin();
    while (Atomics.load(this.#state, 0) === FORWARDING) {
      const end = this.advance();
      if (end !== undefined) return end;
    }
    return this.#finish();
  }

  /** Arms the polls of all queues. */
  begin(): void {
    this.#polls.arm(this.#task.wakeFd, this.#lanes.length);
    for (let lane = 0; lane < this.#lanes.length; lane++) this.#settle(lane, this.#task.busyPoll);
  }

  /** Does one round of the loop: sleeps until there is something, and carries it. Returns the end if it came. */
  advance(): ForwardingEnd | undefined {
    this.#listen();
    return this.#turn();
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }

  /** Sleeps while no lane has frames. Otherwise only notes which lanes got frames. */
  #listen(): void {
    if (this.#readyCount === 0) this.#polls.wait();
    else this.#polls.submit();
    for (let tag = this.#polls.next(); tag >= 0; tag = this.#polls.next()) {
      // The poll that wakes the thread has no lane: `state` says what to do.
      if (tag === this.#lanes.length || this.#ready[tag] === true) continue;
      this.#ready[tag] = true;
      this.#readyCount += 1;
    }
  }

  #turn(): ForwardingEnd | undefined {
    for (let number = 0; number < this.#lanes.length; number++) {
      if (this.#ready[number] !== true) continue;
      const emptied = this.#serve(this.#lanes[number]!);
      const gone = this.#goneOf(number);
      if (gone !== undefined) return gone;
      if (this.#budget.spent) return { reason: 'spent' };
      if (emptied && !this.#task.busyPoll) this.#settle(number, false);
    }
    return undefined;
  }

  /** Carries a bounded number of bursts. Returns whether the queue was emptied. */
  #serve(lane: ForwardingLane): boolean {
    const { burstFrames } = this.#task;
    for (let bursts = 0; bursts < BURSTS_PER_TURN; bursts++) {
      lane.carry(burstFrames);
      if (lane.from.emptied) return true;
    }
    return false;
  }

  #goneOf(number: number): ForwardingEnd | undefined {
    const { from, to } = this.#lanes[number]!;
    const { from: device } = this.#task.lanes[number]!;
    if (from.gone) return { reason: 'gone', device, headerBytes: from.changedHeaderBytes };
    const other = device === 0 ? 1 : 0;
    return to.gone ? { reason: 'gone', device: other, headerBytes: to.changedHeaderBytes } : undefined;
  }

  /** Marks the lane as ready, or polls its queue. A frame that came meanwhile completes the poll at once. */
  #settle(number: number, ready: boolean): void {
    const was = this.#ready[number] === true;
    this.#ready[number] = ready;
    this.#readyCount += Number(ready) - Number(was);
    if (!ready) this.#polls.arm(this.#lanes[number]!.from.fd, number);
  }

  /** Carries what waits now: it was sent before the end, and would be lost with the queue. */
  #finish(): ForwardingEnd {
    for (const [number, lane] of this.#lanes.entries()) {
      let left = this.#task.waitingFramesMax[this.#task.lanes[number]!.from];
      while (left > 0) {
        const carried = lane.carry(left);
        if (carried === 0) break;
        left -= carried;
      }
      const gone = this.#goneOf(number);
      if (gone !== undefined) return gone;
    }
    return { reason: 'finished' };
  }

  /** Makes each queue once, because several lanes may end in the same queue. */
  #makeLanes(): ForwardingLane[] {
    const { devices, lanes, burstFrames, laneCounts } = this.#task;
    const arena = this.#owned.own(FrameArena.open(1, burstFrames));
    const ring = this.#owned.own(Ring.open(burstFrames));
    // Room for the longer header in front of each frame.
    const headerBytes = Math.max(...devices.map(([queue]) => queue!.headerBytes));
    const burst = this.#owned.own(new FrameBurst(arena, headerBytes));
    const surroundings = { burst, budget: this.#budget, state: this.#state };
    const made = new Map<HandedQueue, TapQueue>();
    const make = (queue: HandedQueue) => {
      const known = made.get(queue);
      if (known !== undefined) return known;
      const fresh = this.#owned.own(new TapQueue(queue.number, ring, arena, queue, countersOf(queue)));
      made.set(queue, fresh);
      return fresh;
    };
    return lanes.map(({ from, fromQueue, toQueue, number }) => {
      const reading = make(devices[from][fromQueue]!);
      const writing = make(devices[1 - from]![toQueue]!);
      return new ForwardingLane(reading, writing, laneCounters(laneCounts, number), surroundings);
    });
  }
}
