import { closeSync, fstatSync } from 'node:fs';
import { ArgumentTypeError } from '../../../errors.js';
import { type CaptureOptions, CaptureOutput } from './capture-output.js';
import { ReopenedFile } from './reopened-file.js';

/** A capture in one file, which a program like logrotate may move away and have opened anew. */
export class CaptureFile extends CaptureOutput {
  readonly #file: ReopenedFile;

  /** Opens `path`, which may be a pipe too, and begins it. Throws an ArgumentTypeError for a compressed pipe. */
  constructor(path: string, options: CaptureOptions) {
    const file = new ReopenedFile(path);
    const fd = file.begin();
    if (options.compressor !== undefined) assertRegular(fd, path);
    super(fd, true, options);
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

/** Compressed output is written in large pieces, for which a pipe need not have room. */
function assertRegular(fd: number, path: string): void {
  if (fstatSync(fd).isFile()) return;
  closeSync(fd);
  throw new ArgumentTypeError(`cannot write "${path}": only a regular file can be compressed`);
}
