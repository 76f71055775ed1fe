import { ArgumentRangeError } from '../../errors.js';
import { parseDuration } from '../arguments/quantity.js';

/** Default seconds between two readings. */
export const INTERVAL_SECONDS = 1;
/** Reading takes a millisecond or two with many queues. */
const INTERVAL_SECONDS_MIN = 0.01;

/** Reads the seconds between two readings. Throws an ArgumentRangeError for less than INTERVAL_SECONDS_MIN. */
export function parseInterval(text: string): number {
  const seconds = parseDuration(text);
  if (seconds < INTERVAL_SECONDS_MIN)
    throw new ArgumentRangeError(
      `cannot use interval "${text}": ${INTERVAL_SECONDS_MIN} s or more are possible`,
    );
  return seconds;
}
