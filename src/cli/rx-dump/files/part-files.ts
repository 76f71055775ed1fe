import { openSync, renameSync } from 'node:fs';
import { ArgumentTypeError } from '../../../errors.js';
import type { AfterRotation } from './after-rotation.js';
import { fileFacts } from './file-facts.js';

/** Readable for all, as far as the umask lets it be. */
const MODE = 0o644;

/** Files that bear their names only when they are whole: until then `.part` is added to them. */
export class PartFiles {
  readonly #command: AfterRotation | undefined;
  #name = '';

  /** `command` is run with the name of each finished file. */
  constructor(command: AfterRotation | undefined) {
    this.#command = command;
  }

  /** What the current file is called as long as it is not whole. */
  get path(): string {
    return `${this.#name}.part`;
  }

  /** Begins the file that will be called `name`, and hands over its descriptor. */
  begin(name: string): number {
    const found = fileFacts(name, 'write');
    if (found !== undefined && !found.isFile()) throw occupied(name);
    this.#name = name;
    return openSync(this.path, 'w', MODE);
  }

  /** Gives the current file, which is closed, its name; what bore that before is gone. */
  complete(): void {
    renameSync(this.path, this.#name);
    this.#command?.run(this.#name);
  }
}

/** At the first file it is a mistake of the user's; later it is an error of the output, and those have a code. */
function occupied(path: string): TypeError {
  const message = `cannot write "${path}": it is no regular file, and a finished one would take its place`;
  return Object.assign(new ArgumentTypeError(message), { code: 'EEXIST', path });
}
