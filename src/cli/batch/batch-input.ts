import { fstatSync, statSync } from 'node:fs';
import { fileRefused } from '../../tap/state/file-refusal.js';
import type { ByteInput } from '../input/byte-input.js';
import { openBytes } from '../input/open-input.js';
import type { Console } from '../process/console.js';
import { type CommandLine, CommandLines } from './command-lines.js';

const STDIN = 0;
/** Stands for standard input in place of a path. */
const STDIN_PATH = '-';

/** Where the commands of a batch come from. */
export class BatchInput implements Disposable {
  /** Whether the commands are all there before the first runs: they come from a regular file. */
  readonly whole: boolean;
  /** Whether the commands come from standard input. */
  readonly standard: boolean;
  readonly #bytes: ByteInput;

  /** Opens a file, a pipe, or standard input for `-`. Throws Node's error, or a SystemError for a folder. */
  constructor(path: string, console: Console) {
    this.standard = path === STDIN_PATH;
    // Opening says that a file is missing.
    const facts = this.standard ? fstatSync(STDIN) : statSync(path, { throwIfNoEntry: false });
    if (facts?.isDirectory() === true) throw fileRefused('read', path, 'EISDIR');
    this.whole = facts?.isFile() === true;
    this.#bytes = openBytes(path, { repeated: false, console });
  }

  /** The lines as they come. */
  async *lines(): AsyncGenerator<CommandLine> {
    const lines = new CommandLines();
    for (let piece = await this.#bytes.read(); piece !== undefined; piece = await this.#bytes.read())
      yield* lines.push(piece);
    yield* lines.end();
  }

  /** Ends the input here. */
  cancel(): void {
    this.#bytes.cancel();
  }

  [Symbol.dispose](): void {
    this.#bytes[Symbol.dispose]();
  }
}
