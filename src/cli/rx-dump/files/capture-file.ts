import { type CaptureOptions, CaptureOutput } from './capture-output.js';
import { ReopenedFile } from './reopened-file.js';

/** A capture in one file, which a program like logrotate may move away and have opened anew. */
export class CaptureFile extends CaptureOutput {
  readonly #file: ReopenedFile;

  /** Opens `path`, which may be a pipe too, and begins it. */
  constructor(path: string, options: CaptureOptions) {
    const file = new ReopenedFile(path);
    super(file.begin(), true, options);
    this.#file = file;
  }

  override get path(): string {
    return this.#file.path;
  }

  override rotate(): boolean {
    if (!this.regular) return false;
    this.replaceFile(() => this.#file.beginAgain());
    return true;
  }
}
