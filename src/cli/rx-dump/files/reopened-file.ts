import { existsSync, openSync, renameSync, statSync } from 'node:fs';

const MODE = 0o644;

/** A file that is opened anew after a program like logrotate has moved it away. */
export class ReopenedFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens it for writing, and empties it. The caller owns the returned descriptor. */
  begin(): number {
    return openSync(this.path, 'w', MODE);
  }

  /** Opens it again. If it was not moved away, it is renamed to the next free number first: `FILE1`, `FILE2`. */
  beginAgain(): number {
    if ((statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) > 0)
      renameSync(this.path, this.#freeName());
    return this.begin();
  }

  #freeName(): string {
    let number = 1;
    while (existsSync(`${this.path}${number}`)) number += 1;
    return `${this.path}${number}`;
  }
}
