import { Ownership } from '../../sys/ownership.js';
import { privateCounters } from '../../tap/counters/counter-table.js';
import { FrameArena } from '../../tap/memory/frame-arena.js';
import { FrameBurst } from '../../tap/memory/frame-burst.js';
import { SlotLayout } from '../../tap/memory/slot-layout.js';
import type { QueueDescriptor } from '../../tap/queue/queue-port.js';
import { TapQueue } from '../../tap/queue/tap-queue.js';
import { Ring } from '../../uring/ring.js';
import { NOT_LOCKABLE, UnsupportedEngine } from '../engines/receive-engine.js';
import type { HaltWord } from './halt.js';
import { MeasuringWindow, type Span, type Timing } from './measuring-window.js';
import { makeNumberedFrame, numberFrame } from './numbered-frames.js';

/** How frames are sent: frames of a burst, and whether their memory is registered. */
export interface SendEngineChoice {
  readonly burstFrames: number;
  readonly fixed: boolean;
}

/** The task of a sending thread. */
export interface TransmissionTask {
  readonly kind: 'send';
  /** The queues, each with the number of its flow. */
  readonly taps: readonly (QueueDescriptor & { readonly stream: number })[];
  readonly engine: SendEngineChoice;
  readonly frameBytes: number;
  readonly timing: Timing;
  /**
   * End after this many frames, whatever the timing says.
   * @default when the window has closed
   */
  readonly frameCount?: number | undefined;
  readonly halt: HaltWord;
}

/** What the thread did. */
export interface Transmission {
  readonly span: Span | undefined;
  /** Frames that the kernel took, and those that it refused. */
  readonly accepted: number;
  readonly refused: number;
}

/** Sends numbered frames at top speed: bursts into each queue in turn. */
export function sendFrames(task: TransmissionTask): Transmission {
  using sender = new Sender(task);
  const window = new MeasuringWindow(task.timing);
  const halted = new Int32Array(task.halt.word);
  const { frameCount = Number.POSITIVE_INFINITY } = task;
  const timed = frameCount === Number.POSITIVE_INFINITY;
  while (Atomics.load(halted, 0) === 0 && sender.offered < frameCount) {
    sender.turn();
    if (timed && window.note(sender.accepted)) break;
  }
  return { span: window.span, accepted: sender.accepted, refused: sender.offered - sender.accepted };
}

/** Queues, and the burst that all of them send. Hot path: the burst is made once, and only its numbers change. */
class Sender implements Disposable {
  offered = 0;
  accepted = 0;
  readonly #task: TransmissionTask;
  readonly #owned = new Ownership();
  readonly #queues: readonly TapQueue[];
  readonly #burst: FrameBurst;
  readonly #view: DataView;
  #sequence = 0;

  constructor(task: TransmissionTask) {
    this.#task = task;
    const { burstFrames, fixed } = task.engine;
    const own = <T extends Disposable>(part: T) => this.#owned.own(part);
    try {
      const arena = own(FrameArena.open(1, burstFrames, new SlotLayout({ frameBytesMax: task.frameBytes })));
      const ring = own(Ring.open(burstFrames));
      if (fixed) arena.registerWith(ring);
      if (fixed && !arena.registered) throw new UnsupportedEngine(NOT_LOCKABLE);
      this.#queues = task.taps.map((tap, number) =>
        own(new TapQueue(number, ring, arena, tap, privateCounters())),
      );
      this.#burst = own(new FrameBurst(arena, task.taps[0]!.headerBytes));
      this.#view = new DataView(arena.memory.bytes.buffer);
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
    const frame = makeNumberedFrame(task.frameBytes, 0);
    while (this.#burst.append(frame));
  }

  /** Sends a burst into each queue. */
  turn(): void {
    const burst = this.#burst;
    for (const queue of this.#queues) {
      const { stream } = this.#task.taps[queue.number]!;
      for (let index = 0; index < burst.count; index++)
        numberFrame(this.#view, burst.offsets[index]!, stream, this.#sequence + index);
      this.accepted += queue.send(burst);
      this.offered += burst.count;
    }
    this.#sequence += burst.count;
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
