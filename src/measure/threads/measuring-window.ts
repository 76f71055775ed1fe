import { ownProcessorSeconds, processorSecondsOf, ringWorkerIds } from './thread-times.js';

/** How long a measurement lasts. */
export interface Timing {
  /** Not measured: V8 compiles the code, and caches fill. */
  readonly warmMs: number;
  readonly durationMs: number;
}

/** What a thread did during the measured time. */
export interface Span {
  readonly frames: number;
  readonly seconds: number;
  /** Processor time of the thread and of the kernel workers of its rings. */
  readonly processorSeconds: number;
}

/**
 * The measured part of a thread's work: it begins `warmMs` after the first frame and lasts `durationMs`. `note` is
 * called once a burst. It reads a clock, and allocates nothing until the end.
 */
export class MeasuringWindow {
  readonly #timing: Timing;
  // NaN and not 0: a field that first holds a whole number and later a time makes V8 compile the loop again.
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

  /** The result; undefined until the window has closed. */
  get span(): Span | undefined {
    return this.#span;
  }

  /** Notes that `frames` have been handled so far. Returns true when the window has just closed. */
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
