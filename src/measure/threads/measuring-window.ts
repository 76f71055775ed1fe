import { ownProcessorSeconds, processorSecondsOf, ringWorkerIds } from './thread-times.js';

/** How long something is measured. */
export interface Timing {
  /** Unmeasured: code gets compiled, caches fill. */
  readonly warmMs: number;
  readonly durationMs: number;
}

/** What a thread did while it was measured. */
export interface Span {
  readonly frames: number;
  readonly seconds: number;
  /** Processor time of the thread, and of the kernel workers of its rings. */
  readonly processorSeconds: number;
}

/**
 * The part of a thread's work that counts: from `warmMs` after its first frame on, for `durationMs`. Asked once a burst, so it
 * looks at a clock and allocates nothing until the end.
 */
export class MeasuringWindow {
  readonly #timing: Timing;
  // Not numbers yet: a field that holds a whole number first, and a time later, makes the engine compile its loop anew.
  #warmEnd = Number.NaN;
  #end = Number.NaN;
  #startMs = Number.NaN;
  #startFrames = 0;
  #startProcessor = 0;
  #startWorkers: ReadonlyMap<number, number> = new Map();
  #span: Span | undefined;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** What was measured; undefined until it has been. */
  get span(): Span | undefined {
    return this.#span;
  }

  /** Says that `frames` have been handled so far; true when the window has just closed. */
  note(frames: number): boolean {
    if (frames === 0 || this.#span !== undefined) return false;
    const now = performance.now();
    if (Number.isNaN(this.#warmEnd)) this.#warmEnd = now + this.#timing.warmMs;
    if (now < this.#warmEnd) return false;
    if (Number.isNaN(this.#end)) this.#open(frames);
    else if (now >= this.#end) return this.#close(frames);
    return false;
  }

  #open(frames: number): void {
    this.#startWorkers = new Map(ringWorkerIds().map((tid) => [tid, processorSecondsOf(tid)]));
    this.#startFrames = frames;
    this.#startProcessor = ownProcessorSeconds();
    this.#startMs = performance.now();
    this.#end = this.#startMs + this.#timing.durationMs;
  }

  #close(frames: number): true {
    const seconds = (performance.now() - this.#startMs) / 1000;
    let processorSeconds = ownProcessorSeconds() - this.#startProcessor;
    for (const tid of ringWorkerIds())
      processorSeconds += Math.max(0, processorSecondsOf(tid) - (this.#startWorkers.get(tid) ?? 0));
    this.#span = { frames: frames - this.#startFrames, seconds, processorSeconds };
    return true;
  }
}
