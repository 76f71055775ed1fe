import test from 'ava';
import { RotationSchedule } from '../../../../src/cli/rx-dump/files/rotation-schedule.js';
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
