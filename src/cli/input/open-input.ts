import { closeSync, createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { ArgumentTypeError } from '../../errors.js';
import { fileRefused } from '../../tap/state/file-refusal.js';
import type { Console } from '../process/console.js';
import type { ByteInput } from './byte-input.js';
import { DecompressedInput } from './decompressed-input.js';
import { FileInput } from './file-input.js';
import { StreamInput } from './stream-input.js';

/** Stands for standard input in place of a path. */
const STDIN = '-';

export interface InputOptions {
  /** Whether `rewind` will be called: a pipe is kept in memory then. */
  readonly repeated: boolean;
  /** Has standard input. */
  readonly console: Pick<Console, 'input'>;
}

/**
 * Opens the input that `path` names: a regular file, a pipe (as `<(command)` makes one), or standard input for `-`.
 * gzip data is decompressed.
 * Throws Node's error if it cannot be opened.
 */
export function openInput(path: string, options: InputOptions): ByteInput {
  return new DecompressedInput(openBytes(path, options), inputName(path));
}

/** As `openInput`, without decompression. */
export function openBytes(path: string, { repeated, console }: InputOptions): ByteInput {
  if (isStandardInput(path)) return new StreamInput(console.input, repeated);
  const fd = openSync(path, 'r');
  const kind = fstatSync(fd);
  if (kind.isFile()) return new FileInput(fd);
  if (kind.isDirectory()) {
    closeSync(fd);
    throw fileRefused('read', path, 'EISDIR', { reason: 'capture-is-folder' });
  }
  // A socket, as Node's own standard input is: a read of a pipe in Node's thread pool could not be cancelled.
  const stream = kind.isFIFO()
    ? new Socket({ fd, readable: true, writable: false })
    : createReadStream(path, { fd });
  return new StreamInput(stream, repeated);
}

/** Whether `path` stands for standard input. */
export function isStandardInput(path: string): boolean {
  return path === STDIN;
}

/** Throws a TypeError if `paths` name standard input more than once: it can be read once. */
export function assertOneStandardInput(paths: readonly string[]): void {
  if (paths.filter(isStandardInput).length > 1)
    throw new ArgumentTypeError('cannot read standard input twice: give -r - once');
}

/** Whether `path` is read as a stream: standard input, a pipe or a device node. Opening says what is wrong with others. */
export function isPipe(path: string): boolean {
  if (isStandardInput(path)) return true;
  const kind = statSync(path, { throwIfNoEntry: false });
  return kind !== undefined && !kind.isFile() && !kind.isDirectory();
}

/** What messages call the input that `path` names. */
export function inputName(path: string): string {
  return isStandardInput(path) ? 'standard input' : path;
}
