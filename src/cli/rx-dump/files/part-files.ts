import { closeSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { fileRefused } from '../../../tap/state/file-refusal.js';
import { openFresh, replaceableSize } from './fresh-file.js';

/** Files that get their names when they are whole: until then `.part` is added to the name. */
export class PartFiles {
  readonly #onWhole: (name: string) => void;
  #name = '';

  /** `onWhole` is called with the name of each finished file. */
  constructor(onWhole: (name: string) => void) {
    this.#onWhole = onWhole;
  }

  /** Path of the current file while it is not whole. */
  get path(): string {
    return `${this.#name}.part`;
  }

  /**
   * Begins the file that will be called `name`. The caller owns the returned descriptor. What an earlier run left under the
   * name of the part is removed, never opened: it may be a link to another file.
   */
  begin(name: string): number {
    replaceableSize(name);
    this.#name = name;
    if (replaceableSize(this.path) !== undefined) rmSync(this.path, { force: true });
    return openFresh(this.path);
  }

  /** Closes and removes the current file, whose descriptor is `fd`. */
  abandon(fd: number): void {
    closeSync(fd);
    rmSync(this.path, { force: true });
  }

  /** Gives the current file, which is closed, its name. It replaces an older file of that name. */
  complete(): void {
    renameSync(this.path, this.#name);
    this.#onWhole(this.#name);
  }
}

/** What stat(2) says of a file; undefined if there is none. Throws a SystemError about reading or writing it. */
export function statFile(path: string, action: 'read' | 'write'): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw fileRefused(action, path, String(error.code));
  }
}
