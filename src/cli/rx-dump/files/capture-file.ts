import { OutputWriter } from '../../output/output-writer.js';
import type { FrameOutput, OutputEnvelope } from '../sinks/frame-output.js';
import { ReopenedFile } from './reopened-file.js';

export interface CaptureFileOptions {
  readonly envelope: OutputEnvelope;
  /** Hand over each burst at once. @default false */
  readonly unbuffered?: boolean | undefined;
}

/** A capture in one file, which a program like logrotate may move away and have begun anew. */
export class CaptureFile implements FrameOutput {
  readonly #file: ReopenedFile;
  readonly #writer: OutputWriter;

  /** Opens `path`, which may be a pipe too, and begins it. */
  constructor(path: string, options: CaptureFileOptions) {
    this.#file = new ReopenedFile(path);
    this.#writer = new OutputWriter(this.#file.begin(), true, options);
  }

  get error(): NodeJS.ErrnoException | undefined {
    const { error } = this.#writer;
    if (error !== undefined) error.path ??= this.#file.path;
    return error;
  }

  get refused(): number {
    return this.#writer.refused;
  }

  get dropped(): number {
    return this.#writer.dropped;
  }

  write(item: Uint8Array): boolean {
    return this.#writer.write(item);
  }

  flush(): void {
    this.#writer.flush();
  }

  flushSoon(): void {
    this.#writer.flushSoon();
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#writer.drain(timeoutMs);
  }

  onError(listener: () => void): void {
    this.#writer.onError(listener);
  }

  rotate(): boolean {
    if (!this.#writer.regular) return false;
    this.#writer.finish();
    if (this.#writer.error === undefined) this.#writer.continueIn(() => this.#file.beginAgain());
    return true;
  }

  finish(): void {
    this.#writer.finish();
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]();
  }
}
