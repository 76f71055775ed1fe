import type { QueueDescriptor } from '../../tap/queue/queue-port.js';
import { BurstReads } from '../engines/burst-reads.js';
import { MultishotReads } from '../engines/multishot-reads.js';
import { PostedReads } from '../engines/posted-reads.js';
import type { EngineParts, ReceiveEngine } from '../engines/receive-engine.js';
import { FrameOrder } from './frame-order.js';
import type { HaltWord } from './halt.js';
import { MeasuringWindow, type Span, type Timing } from './measuring-window.js';
import { ringWorkerIds } from './thread-times.js';

/** Which engine receives, and its settings. */
export type ReceiveEngineChoice =
  | {
      readonly kind: 'bursts';
      readonly burstFrames: number;
      readonly fixed: boolean;
      readonly busyPoll: boolean;
    }
  | { readonly kind: 'posted'; readonly depth: number; readonly fixed: boolean }
  | { readonly kind: 'multishot'; readonly bufferCount: number };

/** The task of a receiving thread. */
export interface ReceptionTask {
  readonly kind: 'receive';
  readonly taps: readonly QueueDescriptor[];
  readonly engine: ReceiveEngineChoice;
  readonly timing: Timing;
  /** Doubles. The thread keeps number `thread` up to date: what it has received so far. */
  readonly received: SharedArrayBuffer;
  readonly thread: number;
  readonly halt: HaltWord;
}

/** All frames that came until the thread was halted, and the measured part of them. */
export interface Reception {
  readonly span: Span | undefined;
  readonly received: number;
  readonly outOfOrder: number;
  readonly foreign: number;
  /** Kernel workers that its rings had at the end. */
  readonly workers: number;
}

/**
 * Receives until it is halted, and then what still waits. Calls `onReady` before the first wait, and `onMeasured`
 * after the window.
 */
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

  /** Runs the engine. Frames that come while it closes count too. */
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
