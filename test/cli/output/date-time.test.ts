import test from 'ava';
import { formatDateTime, formatZone } from '../../../src/cli/output/date-time.js';

const rows: readonly (readonly [zone: string, utc: string, text: string])[] = [
  ['UTC', '2026-11-23T10:15:00.123Z', '2026-11-23T10:15:00.123+00:00'],
  ['Europe/Berlin', '2026-11-23T10:15:00.123Z', '2026-11-23T11:15:00.123+01:00'],
  ['Europe/Berlin', '2026-07-23T10:15:00.123Z', '2026-07-23T12:15:00.123+02:00'],
  ['America/St_Johns', '2026-01-01T01:00:00.000Z', '2025-12-31T21:30:00.000-03:30'],
];

for (const [zone, utc, text] of rows) {
  test.serial(`formatDateTime has the offset of ${zone} at ${utc}`, (t) => {
    process.env.TZ = zone;
    t.is(formatDateTime(new Date(utc)), text);
    t.is(new Date(text).getTime(), new Date(utc).getTime());
  });
}

test('formatZone has hours and minutes when an offset is negative', (t) => {
  t.is(formatZone(-30), '-00:30');
  t.is(formatZone(-210), '-03:30');
});
