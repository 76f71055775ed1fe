import { constants, existsSync, lstatSync, openSync, renameSync } from 'node:fs';
import { splitSuffix } from './compression.js';
import { openFresh, replaceableSize } from './fresh-file.js';

const MODE = 0o644;
/** For the file that a program like logrotate has made in place of the one that it moved away. */
const REOPEN_FLAGS = constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A file that is opened anew after a program like logrotate has moved it away. */
export class ReopenedFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens what the user named for writing, and empties it: a file, a pipe or a device. The caller owns the descriptor. */
  begin(): number {
    return openSync(this.path, 'w', MODE);
  }

  /**
   * Opens it again. If it was not moved away, it is renamed to the next free number first: `FILE1`, `FILE2`. A symbolic link
   * is renamed and not followed. Throws an error with a code if the name belongs to a FIFO, a device or a folder by now.
   */
  beginAgain(): number {
    const isLink = lstatSync(this.path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
    const size = isLink ? undefined : replaceableSize(this.path);
    if (size === 0) return openSync(this.path, REOPEN_FLAGS);
    if (isLink || size !== undefined) renameSync(this.path, this.#freeName());
    return openFresh(this.path);
  }

  #freeName(): string {
    const { stem, suffix } = splitSuffix(this.path);
    let number = 1;
    while (existsSync(`${stem}${number}${suffix}`)) number += 1;
    return `${stem}${number}${suffix}`;
  }
}
