import { lstatSync } from 'node:fs';
import { extname } from 'node:path';
import { compressedNames } from '../files/compressed-name.js';
import { splitSuffix } from '../files/compression.js';

/**
 * The names of the files of events: `io0-1.pcapng`, `io0-2.pcapng` for `io0.pcapng`. With a limit, the name of the oldest file is used
 * again. Without a limit, a file that exists keeps its name, so that the next run replaces nothing of this one.
 */
export class EventNames {
  readonly #stem: string;
  readonly #suffix: string;
  readonly #filesMax: number;
  /** Names of files that are being written. */
  readonly #open = new Set<string>();

  constructor(path: string, filesMax: number | undefined) {
    const { stem, suffix } = splitSuffix(path);
    const extension = extname(stem);
    this.#stem = stem.slice(0, stem.length - extension.length);
    this.#suffix = extension + suffix;
    this.#filesMax = filesMax ?? Number.POSITIVE_INFINITY;
  }

  /** Returns the name of the next file, which is being written until `release`. undefined if all names are being written to. */
  take(): string | undefined {
    const name = this.#next();
    if (name !== undefined) this.#open.add(name);
    return name;
  }

  /** Frees `name`: its file is whole, or will never be. */
  release(name: string): void {
    this.#open.delete(name);
  }

  #next(): string | undefined {
    let oldest: string | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (let number = 1; number <= this.#filesMax; number++) {
      const name = this.#name(number);
      if (this.#open.has(name)) continue;
      const modifiedMs = modificationOf(name);
      if (modifiedMs === undefined) return name;
      if (modifiedMs < oldestMs) {
        oldest = name;
        oldestMs = modifiedMs;
      }
    }
    return oldest;
  }

  #name(number: number): string {
    return `${this.#stem}-${number}${this.#suffix}`;
  }
}

/** When the file `path` was written, also if a command has compressed it since. Undefined if there is none. */
function modificationOf(path: string): number | undefined {
  for (const name of [path, ...compressedNames(path)]) {
    const found = lstatSync(name, { throwIfNoEntry: false });
    if (found !== undefined) return found.mtimeMs;
  }
  return undefined;
}
