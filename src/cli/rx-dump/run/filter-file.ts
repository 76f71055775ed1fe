import { closeSync, openSync, readSync } from 'node:fs';
import { ArgumentRangeError } from '../../../errors.js';
import { fileRefused } from '../../../tap/state/file-refusal.js';

/** Most bytes of a file with a filter, comments included. */
const FILTER_FILE_BYTES_MAX = 1024 * 1024;

/** The filter in a file, as tcpdump -F takes it, without comments (from # to the end of a line). */
export function readFilterFile(path: string): string {
  return readBounded(path).toString().replace(/#.*/g, ' ').trim();
}

/** Bounds what is read, because a pipe or a device has no size. */
function readBounded(path: string): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      return readUpTo(fd, FILTER_FILE_BYTES_MAX, path);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw fileRefused('read', path, String(error.code));
  }
}

function readUpTo(fd: number, bytesMax: number, path: string): Buffer {
  const bytes = Buffer.alloc(bytesMax + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, bytes, length, bytes.length - length, null);
    length += count;
    if (length > bytesMax)
      throw new ArgumentRangeError(`cannot read filter "${path}": at most ${bytesMax} bytes are possible`);
    if (count === 0) return bytes.subarray(0, length);
  }
}
