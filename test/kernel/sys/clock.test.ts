import test from 'ava';
import { CLOCK_MONOTONIC, CLOCK_REALTIME, Clock } from '../../../src/sys/clock.js';

const SECOND_NS = 1_000_000_000n;

function nanosecondsOf({ seconds, nanoseconds }: Clock): bigint {
  return BigInt(seconds) * SECOND_NS + BigInt(nanoseconds);
}

test('Clock reads the time of day between two readings of Date.now', (t) => {
  const clock = new Clock(CLOCK_REALTIME);
  const before = Date.now();
  clock.read();
  const after = Date.now();
  const nowMs = Number(nanosecondsOf(clock) / 1_000_000n);
  t.true(before - 1 <= nowMs && nowMs <= after + 1, `${before}, ${nowMs}, ${after}`);
});

test('Clock reads the monotonic clock between two readings of process.hrtime', (t) => {
  const clock = new Clock(CLOCK_MONOTONIC);
  for (let round = 0; round < 1000; round++) {
    const before = process.hrtime.bigint();
    clock.read();
    const after = process.hrtime.bigint();
    if (before > nanosecondsOf(clock) || nanosecondsOf(clock) > after) t.fail(`round ${round}`);
  }
  t.pass();
});

test('Clock never goes back, and keeps nanoseconds below a second', (t) => {
  const clock = new Clock(CLOCK_MONOTONIC);
  let last = 0n;
  for (let round = 0; round < 1000; round++) {
    clock.read();
    if (nanosecondsOf(clock) < last || clock.nanoseconds >= Number(SECOND_NS)) t.fail(`round ${round}`);
    last = nanosecondsOf(clock);
  }
  t.true(last > 0n);
});

test('Clock is at 0 when it was not read yet', (t) => {
  const clock = new Clock(CLOCK_REALTIME);
  t.is(nanosecondsOf(clock), 0n);
});
