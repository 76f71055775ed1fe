import type { QueueDescriptor } from '../../tap/queue/queue-port.js';
import { BurstReads } from '../engines/burst-reads.js';
import { MultishotReads } from '../engines/multishot-reads.js';
import { PostedReads } from '../engines/posted-reads.js';
import type { EngineParts, ReceiveEngine } from '../engines/receive-engine.js';
import { FrameOrder } from './frame-order.js';
import type { HaltWord } from './halt.js';
import { MeasuringWindow, type Span, type Timing } from './measuring-window.js';
import { ringWorkerIds } from './thread-times.js';

/** Which engine, and how it is set. */
export type ReceiveEngineChoice =
  | {
      readonly kind: 'bursts';
      readonly burstFrames: number;
      readonly fixed: boolean;
      readonly busyPoll: boolean;
    }
  | { readonly kind: 'posted'; readonly depth: number; readonly fixed: boolean }
  | { readonly kind: 'multishot'; readonly bufferCount: number };

/** What a receiving thread is told. */
export interface ReceptionTask {
  readonly kind: 'receive';
  readonly taps: readonly QueueDescriptor[];
  readonly engine: ReceiveEngineChoice;
  readonly timing: Timing;
  /** Doubles, of which it keeps number `thread` up to date: what it has received so far. */
  readonly received: SharedArrayBuffer;
  readonly thread: number;
  readonly halt: HaltWord;
}

/** What it found: all frames until it was halted, and the window among them. */
export interface Reception {
  readonly span: Span | undefined;
  readonly received: number;
  readonly outOfOrder: number;
  readonly foreign: number;
  /** Kernel workers that its rings had at the end. */
  readonly workers: number;
}

/** Receives until it is halted, and then what waits; `onReady` is called before the first wait, `onMeasured` after the window. */
export function receiveFrames(
  task: ReceptionTask,
  { onReady, onMeasured }: { onReady(): void; onMeasured(): void },
): Reception {
  const taker = new FrameOrder();
  const window = new MeasuringWindow(task.timing);
  const halted = new Int32Array(task.halt.word);
  const progress = new Float64Array(task.received);
  const workers = runEngine();
  const { received, outOfOrder, foreign } = taker;
  return { span: window.span, received, outOfOrder, foreign, workers };

  /** What comes while the engine closes counts, too. */
  function runEngine(): number {
    using engine = makeEngine(task.engine, { taps: task.taps, taker, wakeFd: task.halt.wakeFd });
    onReady();
    while (Atomics.load(halted, 0) === 0) {
      engine.turn();
      progress[task.thread] = taker.received;
      if (window.note(taker.received)) onMeasured();
    }
    while (engine.drain());
    return ringWorkerIds().length;
  }
}

function makeEngine(choice: ReceiveEngineChoice, parts: EngineParts): ReceiveEngine {
  switch (choice.kind) {
    case 'bursts':
      return new BurstReads(parts, choice);
    case 'posted':
      return PostedReads.open(parts, choice);
    case 'multishot':
      return MultishotReads.open(parts, choice.bufferCount);
  }
}
