import { readFileSync, statSync } from 'node:fs';
import { ArgumentRangeError } from '../../../errors.js';
import { fileRefused } from '../../../tap/state/file-refusal.js';

/** Larger filters are not written by hand, and libpcap would compile them for minutes. Bytes. */
const FILTER_BYTES_MAX = 1024 * 1024;

/** The filter in a file, as tcpdump -F takes it, without comments (from # to the end of a line). */
export function readFilterFile(path: string): string {
  return readBounded(path).replace(/#.*/g, ' ').trim();
}

function readBounded(path: string): string {
  try {
    if (statSync(path).size > FILTER_BYTES_MAX)
      throw new ArgumentRangeError(
        `cannot read filter "${path}": at most ${FILTER_BYTES_MAX} bytes are possible`,
      );
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw fileRefused('read', path, String(error.code));
  }
}
