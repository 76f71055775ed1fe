import test from 'ava';
import { PacingClock } from '../../../../src/cli/tx-inject/sending/pacing-clock.js';

const never = () => false;

test('PacingClock is at 0 when it has not begun', async (t) => {
  const clock = new PacingClock();
  t.is(clock.seconds, 0);
  t.true(clock.mayGo(0));
  t.false(clock.mayGo(0.001));
});

test('PacingClock keeps its start when it begins again', async (t) => {
  const clock = new PacingClock();
  clock.begin();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { seconds } = clock;
  t.true(seconds > 0.01);
  clock.begin();
  t.true(clock.seconds >= seconds);
});

test('PacingClock lets a frame go only when it is due', async (t) => {
  const clock = new PacingClock();
  clock.begin();
  t.true(clock.mayGo(0));
  t.false(clock.mayGo(3600));
  await clock.until(0.02, never);
  t.true(clock.seconds >= 0.02);
  await clock.turn();
  t.true(clock.mayGo(0.02));
});

for (const wait of [0.0005, 0.002, 0.05]) {
  test(`PacingClock never ends early when it waits ${wait * 1000} ms`, async (t) => {
    const clock = new PacingClock();
    clock.begin();
    const due = clock.seconds + wait;
    await clock.until(due, never);
    t.true(clock.seconds >= due);
    t.true(clock.seconds < due + 10, 'and it does end');
  });
}

test('PacingClock waits for nothing when the time is past', async (t) => {
  const clock = new PacingClock();
  clock.begin();
  await t.notThrowsAsync(clock.until(-1, never));
});

test('PacingClock stops waiting when an event stops the run', async (t) => {
  const clock = new PacingClock();
  clock.begin();
  let stopped = false;
  setTimeout(() => {
    stopped = true;
  }, 10);
  await clock.until(60, () => stopped);
  t.true(stopped);
  t.true(clock.seconds < 30);
});

test('PacingClock gives the event loop its turn when frames are always due', async (t) => {
  const clock = new PacingClock();
  clock.begin();
  const deadline = performance.now() + 20_000;
  while (clock.mayGo(0) && performance.now() < deadline);
  t.true(clock.turnIsDue);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  await clock.until(0, never);
  t.true(turned);
  t.false(clock.turnIsDue);
});
