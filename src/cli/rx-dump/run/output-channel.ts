import type { CapturedFrame } from '../sinks/captured-frame.js';
import type { FrameOutput } from '../sinks/frame-output.js';
import type { FrameSink } from '../sinks/frame-sink.js';

/** A form of the frames, and where they go in it. Owns the output. */
export class OutputChannel implements Disposable {
  /** What to call the output in errors: a path, or standard output. */
  readonly name: string;
  readonly output: FrameOutput;
  readonly #sink: FrameSink;
  #written = 0;

  /** `output` writes what `sink` begins and ends with itself. */
  constructor(sink: FrameSink, output: FrameOutput, name: string) {
    this.#sink = sink;
    this.output = output;
    this.name = name;
  }

  /** Bytes given to the output since somebody set this to 0. */
  byteCount = 0;
  /** Whether `drain` waits for a slow reader; one who was told twice to end does not. */
  patient = true;

  /** Packets that the output took. */
  get written(): number {
    return this.#written;
  }

  /** Packets that its reader does not have. One who has left wanted no more: nothing was lost to him. */
  get lost(): number {
    return this.output.error?.code === 'EPIPE' ? 0 : this.output.dropped;
  }

  /** Whether something waits for a slow reader. */
  get waiting(): boolean {
    return this.output.error === undefined && this.output.dropped > this.output.refused;
  }

  write(frame: CapturedFrame): void {
    const item = this.#sink.encode(frame);
    this.byteCount += item.length;
    if (!this.output.write(item)) return;
    this.#written += 1;
    this.#sink.written?.();
  }

  /**
   * Settles when nothing waits, when the reader has taken nothing for `idleMs`, or after `timeoutMs`: a slow reader gets
   * what waits for him.
   */
  async drain(idleMs: number, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    let before: number;
    do {
      before = this.output.dropped;
      await this.output.drain(idleMs);
    } while (this.patient && this.waiting && this.output.dropped < before && performance.now() < endMs);
  }

  [Symbol.dispose](): void {
    this.output[Symbol.dispose]();
  }
}
