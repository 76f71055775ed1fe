const MINUTE_SECONDS = 60;

/**
 * The next time after `now` when the local clock shows a full multiple of `period`: full minutes for 60, midnight for
 * 86,400. A period that does not divide the day has steps of its own, the same in every run.
 *
 * All times are whole seconds since 1970.
 *
 * @param offsetAt how far the local clock is ahead of UTC at a time, in seconds @default this machine's zone
 */
export function nextRotation(
  now: number,
  period: number,
  offsetAt: (seconds: number) => number = localOffset,
): number {
  const offset = offsetAt(now);
  const next = (Math.floor((now + offset) / period) + 1) * period - offset;
  const shift = offsetAt(next) - offset;
  // If summer time begins or ends in between, the clock does not show a multiple at that time.
  if (shift % period === 0) return next;
  const shifted = next - shift;
  // If the clock skips the multiple (midnight, in some zones), the file ends at the skip.
  return offsetAt(shifted) === offset ? next : shifted;
}

function localOffset(seconds: number): number {
  return -new Date(seconds * 1000).getTimezoneOffset() * MINUTE_SECONDS;
}
