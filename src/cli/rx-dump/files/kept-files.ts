import { rmSync } from 'node:fs';
import type { AfterRotation } from './after-rotation.js';
import { compressedNames } from './compressed-name.js';

export interface KeptFilesOptions {
  /** Most finished files that stay. */
  readonly filesMax: number;
  /** What runs for each finished file: its file is removed when it has ended. */
  readonly command: AfterRotation | undefined;
  /** Called with what to tell the user if a file cannot be removed. */
  readonly warn: (text: string) => void;
}

/** The finished files of a run. The oldest ones are removed when there are too many, also if a compressor has renamed them. */
export class KeptFiles {
  readonly #options: KeptFilesOptions;
  /** From the oldest to the newest. A Set keeps the order in which names were added. */
  readonly #names = new Set<string>();

  constructor(options: KeptFilesOptions) {
    this.#options = options;
  }

  /** Adds a finished file as the newest one, also if it has replaced an older one of the same name. */
  add(name: string): void {
    this.#names.delete(name);
    this.#names.add(name);
    for (const oldest of this.#names) {
      if (this.#names.size <= this.#options.filesMax) return;
      this.#names.delete(oldest);
      this.#remove(oldest);
    }
  }

  #remove(name: string): void {
    const { command } = this.#options;
    if (command === undefined) this.#removeFile(name);
    else
      command.afterwards(name, () => {
        // Meanwhile another file may have got the name.
        if (!this.#names.has(name))
          for (const path of [name, ...compressedNames(name)]) this.#removeFile(path);
      });
  }

  #removeFile(path: string): void {
    try {
      rmSync(path, { force: true });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      this.#options.warn(`cannot remove "${path}": unlink failed with ${code}`);
    }
  }
}
