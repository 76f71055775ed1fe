const MINUTE_SECONDS = 60;

/**
 * The next time after `now` when the local clock shows a full multiple of `period`: full minutes for 60, midnight for
 * 86,400. A period that does not divide the day has its own steps, which are the same ones in every run.
 *
 * All of them in whole seconds since 1970.
 *
 * @param offsetAt what the local clock is ahead of UTC at a time, in seconds @default this machine's zone
 */
export function nextRotation(
  now: number,
  period: number,
  offsetAt: (seconds: number) => number = localOffset,
): number {
  const offset = offsetAt(now);
  const next = (Math.floor((now + offset) / period) + 1) * period - offset;
  const shift = offsetAt(next) - offset;
  // Summer time began or ended in between, and the clock no longer shows a multiple then.
  if (shift % period === 0) return next;
  const shifted = next - shift;
  // Where it leaps over the multiple (midnight, in some zones), the leap is the step.
  return offsetAt(shifted) === offset ? next : shifted;
}

function localOffset(seconds: number): number {
  return -new Date(seconds * 1000).getTimezoneOffset() * MINUTE_SECONDS;
}
