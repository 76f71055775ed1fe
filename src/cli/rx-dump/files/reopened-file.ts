import { existsSync, openSync, renameSync, statSync } from 'node:fs';

const MODE = 0o644;

/** One file by name, which is begun anew when whoever rotates it has moved it away. */
export class ReopenedFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens it as `-w` does: what was in it before is gone. Hands over its descriptor. */
  begin(): number {
    return openSync(this.path, 'w', MODE);
  }

  /** Opens it again. Where it was not moved away, it keeps its data under the next free number: `FILE1`, `FILE2`. */
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
