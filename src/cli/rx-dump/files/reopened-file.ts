import { openSync, renameSync } from 'node:fs';
import { lookAt, openNewFile } from './new-file.js';

const MODE = 0o644;

/** A file that is opened anew after a program like logrotate has moved it away. */
export class ReopenedFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens it for writing, and empties it. It may be a pipe, a device or a link: the user has named it. The caller owns the
   * returned descriptor.
   */
  begin(): number {
    return openSync(this.path, 'w', MODE);
  }

  /**
   * Makes it again. If it was not moved away, it is renamed to the next free number first: `FILE1`, `FILE2`. So is a link:
   * another user may have put it there since.
   */
  beginAgain(): number {
    const found = lookAt(this.path);
    if (found !== undefined && (found.size > 0 || found.isSymbolicLink()))
      renameSync(this.path, this.#freeName());
    return openNewFile(this.path);
  }

  #freeName(): string {
    let number = 1;
    while (lookAt(`${this.path}${number}`) !== undefined) number += 1;
    return `${this.path}${number}`;
  }
}
