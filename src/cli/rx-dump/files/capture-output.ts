import { type OutputOptions, OutputWriter } from '../../output/output-writer.js';
import type { CaptureSink, ReceptionCounter } from '../sinks/frame-sink.js';

export interface CaptureOptions extends OutputOptions {
  /** Makes the head and the tail of each file. */
  readonly sink: Pick<CaptureSink, 'begin' | 'end'>;
  /** Asked at the end of each file. @default no statistics */
  readonly counter?: ReceptionCounter | undefined;
}

/** A capture on its way out: each of its files begins with a head and ends with a tail. */
export class CaptureOutput extends OutputWriter {
  readonly #sink: CaptureOptions['sink'];
  readonly #counter: ReceptionCounter | undefined;
  #takenBefore = 0;

  /** Begins the capture in `fd`, and closes it when disposed, or when the constructor throws, if it `ownsFd`. */
  constructor(fd: number, ownsFd: boolean, options: CaptureOptions) {
    super(fd, ownsFd, options);
    this.#sink = options.sink;
    this.#counter = options.counter;
    try {
      this.#begin();
    } catch (error) {
      super[Symbol.dispose]();
      throw error;
    }
  }

  /** Path of the current file; undefined for standard output. */
  get path(): string | undefined {
    return undefined;
  }

  override get error(): NodeJS.ErrnoException | undefined {
    const error = super.error;
    if (error !== undefined && this.path !== undefined) error.path ??= this.path;
    return error;
  }

  /** Bytes of the current file so far, whether they are written or still wait. */
  get fileBytes(): number {
    return this.takenBytes - this.#takenBefore;
  }

  override finish(): void {
    this.#end();
  }

  /**
   * Ends the current file, and goes on in the one that `open` opens; undefined for none. A file that could not be written
   * to its end is the last.
   */
  replaceFile(open: () => number | undefined): void {
    this.#end();
    if (this.error !== undefined) return;
    this.continueIn(open);
    this.#begin();
  }

  #begin(): void {
    this.#takenBefore = this.takenBytes;
    this.writeFraming(this.#sink.begin());
    // Without a packet an empty file would stay for long, which no program reads.
    this.flush();
  }

  #end(): void {
    if (this.finished) return;
    const statistics = this.#counter?.statistics();
    this.writeFraming(
      this.#sink.end(statistics === undefined ? undefined : { ...statistics, written: this.taken }),
    );
    super.finish();
  }
}
