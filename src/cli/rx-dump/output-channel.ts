import type { FrameOutput } from '../frame-output.js';
import type { CapturedFrame, FrameSink } from './frame-sink.js';

/** A form of the frames, and where they go in it. Owns the output. */
export class OutputChannel implements Disposable {
  /** What to call the output in errors: a path, or standard output. */
  readonly name: string;
  readonly output: FrameOutput;
  readonly #sink: FrameSink;

  /** `output` writes what `sink` begins and ends with itself. */
  constructor(sink: FrameSink, output: FrameOutput, name: string) {
    this.#sink = sink;
    this.output = output;
    this.name = name;
  }

  /** Bytes given to the output since somebody set this to 0. */
  byteCount = 0;

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
    this.output.write(item);
    this.#sink.written?.();
  }

  [Symbol.dispose](): void {
    this.output[Symbol.dispose]();
  }
}
