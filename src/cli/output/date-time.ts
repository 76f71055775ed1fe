/**
 * Returns `time` as RFC 3339 has it, in the local zone, with milliseconds: `2026-11-23T10:15:00.123+01:00`.
 * Text has this form. JSON has UTC, as `Date.toISOString` writes it.
 */
export function formatDateTime(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return local + formatZone(offset);
}

/** Returns an offset from UTC, given in minutes: `+01:00`. */
export function formatZone(offsetMinutes: number): string {
  const minutes = Math.abs(offsetMinutes);
  const parts = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `${offsetMinutes < 0 ? '-' : '+'}${parts.join(':')}`;
}
