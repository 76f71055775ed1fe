import test from 'ava';
import fc from 'fast-check';
import { nextRotation, RotationSchedule } from '../../../../src/cli/rx-dump/files/rotation-schedule.js';
import { eventually } from '../../../kernel/deadline.js';

/** A full hour of every zone. */
const HOUR_SECONDS = 1_800_000_000;

/** A schedule of `periodSeconds` whose clock is a number that tests set: seconds since 1970. */
function makeSchedule(periodSeconds: number, now: number): { schedule: RotationSchedule; now: number } {
  const state = { now };
  const schedule = new RotationSchedule(
    periodSeconds,
    () => state.now * 1000,
    () => {},
  );
  return Object.assign(state, { schedule });
}

test('RotationSchedule knows when a period is over and when the next one began', (t) => {
  const state = makeSchedule(60, HOUR_SECONDS + 30);
  using schedule = state.schedule;
  t.false(schedule.due);
  state.now = HOUR_SECONDS + 59.999;
  t.false(schedule.due);
  state.now = HOUR_SECONDS + 60;
  t.true(schedule.due);
  state.now = HOUR_SECONDS + 63;
  t.is(schedule.advance(), HOUR_SECONDS + 60, 'late, but in the period that it names');
  t.false(schedule.due);
  state.now = HOUR_SECONDS + 400;
  t.true(schedule.due);
  t.is(schedule.advance(), HOUR_SECONDS + 400, 'whole periods were missed');
  state.now = HOUR_SECONDS + 420;
  t.true(schedule.due);
});

test('RotationSchedule calls its listener when the clock was set back', async (t) => {
  let now = HOUR_SECONDS + 0.5;
  let told = 0;
  using schedule = new RotationSchedule(
    1,
    () => now * 1000,
    () => {
      told += 1;
      t.true(schedule.advance() < HOUR_SECONDS);
      schedule[Symbol.dispose]();
    },
  );
  now = HOUR_SECONDS - 86_400 + 0.5;
  const ticking = setInterval(() => {
    now += 0.1;
  }, 50);
  await eventually(() => told === 1, 'the end of a period of that day');
  clearInterval(ticking);
});

test('RotationSchedule has no due period when it is disposed', (t) => {
  const state = makeSchedule(10, HOUR_SECONDS);
  state.schedule[Symbol.dispose]();
  state.now = HOUR_SECONDS + 100;
  t.false(state.schedule.due);
});

const HOUR = 3600;
const DAY = 86_400;
// Source: `date -d "2026-03-29 01:00 UTC" +%s` and the last Sunday of October: summer time of Europe/Berlin.
const SUMMER_BEGINS = 1_774_746_000;
const SUMMER_ENDS = 1_792_890_000;

/** How far Berlin's clock is ahead of UTC in 2026, in seconds. */
function berlin(seconds: number): number {
  return seconds >= SUMMER_BEGINS && seconds < SUMMER_ENDS ? 2 * HOUR : HOUR;
}

const utc = () => 0;

test('nextRotation is a full minute, hour or day of the local clock', (t) => {
  const noon = 1_800_014_400 - 2400;
  t.is(nextRotation(125, 60, utc), 180);
  t.is(nextRotation(180, 60, utc), 240, 'a step begins its own period');
  t.is(nextRotation(noon + 1, 900, utc) % 900, 0);
  t.is(
    nextRotation(1, DAY, () => 5.75 * HOUR),
    DAY - 5.75 * HOUR,
    'midnight of Nepal',
  );
  t.is(
    nextRotation(1, DAY, () => -5 * HOUR),
    5 * HOUR,
    'midnight of New York',
  );
  t.is(nextRotation(1, 7, utc), 7);
  t.is(nextRotation(DAY, 7 * DAY, utc), 7 * DAY);
});

test('nextRotation finds midnight when the day has 23 or 25 hours', (t) => {
  for (const change of [SUMMER_BEGINS, SUMMER_ENDS]) {
    const cut = nextRotation(change - 1, DAY, berlin);
    t.true(cut > change && cut < change + DAY);
    t.is((cut + berlin(cut)) % DAY, 0);
  }
});

test('nextRotation is the skip when the clock skips a multiple', (t) => {
  // Source: `zdump -v Africa/Cairo`: 2025-04-24 23:59:59 +02 is followed by 01:00:00 +03.
  const leap = 1_745_532_000;
  const cairo = (seconds: number) => (seconds >= leap ? 3 * HOUR : 2 * HOUR);
  t.is(nextRotation(leap - 4 * HOUR, DAY, cairo), leap, 'the first moment of the day');
  t.is(nextRotation(leap - HOUR / 2, DAY, cairo), leap);
  t.is(nextRotation(leap, DAY, cairo), leap + 23 * HOUR);
  t.is(nextRotation(SUMMER_BEGINS - 1.25 * HOUR, 2 * HOUR, berlin), SUMMER_BEGINS, '02:00 in Berlin');
});

test('nextRotation is each full hour when summer time begins or ends', (t) => {
  for (const change of [SUMMER_BEGINS, SUMMER_ENDS]) {
    let now = change - 3 * HOUR;
    const cuts = Array.from({ length: 6 }, () => {
      now = nextRotation(now, HOUR, berlin);
      return now - change;
    });
    t.deepEqual(
      cuts,
      [-2, -1, 0, 1, 2, 3].map((hours) => hours * HOUR),
    );
  }
});

test('nextRotation is a full multiple within a period and an hour, for any time and period', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: SUMMER_BEGINS - 40 * DAY, max: SUMMER_ENDS + 40 * DAY }),
      fc.constantFrom(1, 2, 10, 60, 300, 900, 1800, HOUR, 2 * HOUR, 6 * HOUR, DAY, 7 * DAY),
      (now, period) => {
        const cut = nextRotation(now, period, berlin);
        const isStep = (cut + berlin(cut)) % period === 0 || cut === SUMMER_BEGINS;
        return cut > now && cut <= now + period + HOUR && isStep;
      },
    ),
    { seed: 1, numRuns: 5000 },
  );
  t.pass();
});
