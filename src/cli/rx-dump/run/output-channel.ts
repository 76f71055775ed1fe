import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import type { OutputWriter } from '../../output/output-writer.js';
import type { CapturedFrame } from '../sinks/captured-frame.js';
import type { FrameSink } from '../sinks/frame-sink.js';

/** Where frames go; an `OutputWriter` is one. */
export type FrameOutput = Pick<
  OutputWriter,
  | 'buffer'
  | 'reserve'
  | 'commit'
  | 'takenBytes'
  | 'error'
  | 'refused'
  | 'dropped'
  | 'flush'
  | 'flushSoon'
  | 'drain'
  | 'onError'
  | 'followReader'
  | 'rotate'
  | 'finish'
  | typeof Symbol.dispose
>;

/** A form of the frames, and where they go in it. Owns the output. */
export class OutputChannel implements Disposable {
  /** What errors call the output: a path, or standard output. */
  readonly name: string;
  readonly output: FrameOutput;
  readonly #sink: FrameSink;
  #takenBefore = 0;

  /** Writes to `output` what `sink` makes of frames. */
  constructor(sink: FrameSink, output: FrameOutput, name: string) {
    this.#sink = sink;
    this.output = output;
    this.name = name;
  }

  /** Whether `drain` waits for a slow reader. A run that gets two requests to end does not. */
  patient = true;

  /** Bytes given to the output since the last `restartCount`. */
  get byteCount(): number {
    return this.output.takenBytes - this.#takenBefore;
  }

  /** Lets `byteCount` start at 0. */
  restartCount(): void {
    this.#takenBefore = this.output.takenBytes;
  }

  /** Packets that its reader does not have. If the reader has left it wanted no more, and none is lost. */
  get lost(): number {
    return this.output.error?.code === 'EPIPE' ? 0 : this.output.dropped;
  }

  /** Whether something waits for a slow reader. */
  get waiting(): boolean {
    return this.output.error === undefined && this.output.dropped > this.output.refused;
  }

  write(frame: CapturedFrame): void {
    this.#sink.write(frame, this.output);
  }

  /** Whether `copy` is possible. */
  get copies(): boolean {
    return this.#sink.copy !== undefined;
  }

  /** As `write`, faster. */
  copy(frame: PlacedFrame): void {
    this.#sink.copy?.(frame, this.output);
  }

  /**
   * Gives a slow reader what waits for it. Settles when nothing waits, when the reader has taken nothing for `idleMs`, or
   * after `timeoutMs`.
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
