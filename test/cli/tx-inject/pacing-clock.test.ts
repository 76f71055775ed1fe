import test from 'ava';
import { Schedule } from '../../../src/cli/tx-inject/pacing-clock.js';

const never = () => false;

test('Schedule stands at 0 when it has not begun', async (t) => {
  const schedule = new Schedule();
  t.is(schedule.seconds, 0);
  t.true(schedule.mayGo(0));
  t.false(schedule.mayGo(0.001));
});

test('Schedule goes on from its first beginning when it begins again', async (t) => {
  const schedule = new Schedule();
  schedule.begin();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { seconds } = schedule;
  t.true(seconds > 0.01);
  schedule.begin();
  t.true(schedule.seconds >= seconds);
});

test('Schedule lets a frame go when it is due, and not when it is not', async (t) => {
  const schedule = new Schedule();
  schedule.begin();
  t.true(schedule.mayGo(0));
  t.false(schedule.mayGo(3600));
  await schedule.until(0.02, never);
  t.true(schedule.seconds >= 0.02);
  await schedule.turn();
  t.true(schedule.mayGo(0.02));
});

for (const wait of [0.0005, 0.002, 0.05]) {
  test(`Schedule never ends early when it waits ${wait * 1000} ms`, async (t) => {
    const schedule = new Schedule();
    schedule.begin();
    const due = schedule.seconds + wait;
    await schedule.until(due, never);
    t.true(schedule.seconds >= due);
    t.true(schedule.seconds < due + 10, 'and it does end');
  });
}

test('Schedule waits for nothing when the time is past', async (t) => {
  const schedule = new Schedule();
  schedule.begin();
  await t.notThrowsAsync(schedule.until(-1, never));
});

test('Schedule ends early when it is stopped by what the event loop brings', async (t) => {
  const schedule = new Schedule();
  schedule.begin();
  let stopped = false;
  setTimeout(() => {
    stopped = true;
  }, 10);
  await schedule.until(60, () => stopped);
  t.true(stopped);
  t.true(schedule.seconds < 30);
});

test('Schedule gives the event loop its turn when frames are always due', async (t) => {
  const schedule = new Schedule();
  schedule.begin();
  const deadline = performance.now() + 20_000;
  while (schedule.mayGo(0) && performance.now() < deadline);
  t.true(schedule.turnIsDue);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await schedule.until(0, never);
  t.true(turned);
  t.false(schedule.turnIsDue);
});
