import test from 'ava';
import {
  type DueTimes,
  makeDueTimes,
  RecordedPace,
  SteadyRate,
  TopSpeed,
} from '../../../src/cli/tx-inject/due-times.js';

function dues(dueTimes: DueTimes, recorded: readonly number[]): number[] {
  return recorded.map((seconds) => dueTimes.due(seconds, 60));
}

for (const packetsPerSecond of [1, 3, 7, 999.9, 1e6, 1.4e7]) {
  test(`SteadyRate does not drift when it paces ${packetsPerSecond} packets per second`, (t) => {
    const dueTimes = new SteadyRate({ packetsPerSecond });
    let worst = 0;
    for (let n = 0; n < 100_000; n++) {
      worst = Math.max(worst, Math.abs(dueTimes.due(0, 1514) - n / packetsPerSecond));
    }
    t.true(worst < 1e-9, `${worst}`);
  });
}

test('SteadyRate counts the bits of earlier frames when it paces bits', (t) => {
  const dueTimes = new SteadyRate({ bitsPerSecond: 8000 });
  t.deepEqual(
    [100, 900, 0, 1000, 60].map((bytes) => dueTimes.due(0, bytes)),
    [0, 0.1, 1, 1, 2],
  );
});

test('SteadyRate does not drift when it paces bits of frames of all lengths', (t) => {
  const dueTimes = new SteadyRate({ bitsPerSecond: 1e9 });
  let bits = 0;
  let worst = 0;
  for (let n = 0; n < 100_000; n++) {
    const bytes = 60 + (n % 1455);
    worst = Math.max(worst, Math.abs(dueTimes.due(0, bytes) - bits / 1e9));
    bits += bytes * 8;
  }
  t.true(worst < 1e-9, `${worst}`);
});

test('SteadyRate continues when the input starts again', (t) => {
  const dueTimes = new SteadyRate({ packetsPerSecond: 10 });
  t.deepEqual(dues(dueTimes, [0, 50]), [0, 0.1]);
  dueTimes.repeat();
  t.is(dueTimes.due(0, 60), 0.2);
  t.true(Math.abs(dueTimes.due(-3, 60) - 0.3) < 1e-9);
});

test('TopSpeed makes every frame due at once', (t) => {
  const dueTimes = new TopSpeed();
  t.deepEqual([dueTimes.due(), dueTimes.due()], [0, 0]);
  dueTimes.repeat();
  t.is(dueTimes.due(), 0);
});

test('RecordedPace is faster by its multiplier', (t) => {
  const dueTimes = new RecordedPace(4);
  t.deepEqual(dues(dueTimes, [0, 1, 2]), [0, 0.25, 0.5]);
  dueTimes.repeat();
  t.deepEqual(dues(dueTimes, [0, 1]), [0.5, 0.75]);
  t.deepEqual(dues(new RecordedPace(0.5), [0, 1]), [0, 2]);
});

test('makeDueTimes returns what the timing names', (t) => {
  const recorded = [0, 1, 2];
  t.deepEqual(dues(makeDueTimes({ kind: 'topspeed' }), recorded), [0, 0, 0]);
  t.deepEqual(dues(makeDueTimes({ kind: 'recorded', multiplier: 2 }), recorded), [0, 0.5, 1]);
  t.deepEqual(
    dues(makeDueTimes({ kind: 'steady', rate: { packetsPerSecond: 4 } }), recorded),
    [0, 0.25, 0.5],
  );
});

test('RecordedPace follows the recording when it is in order', (t) => {
  t.deepEqual(dues(new RecordedPace(), [0, 0.25, 0.25, 1]), [0, 0.25, 0.25, 1]);
});

test('RecordedPace sends at once when a frame was recorded before its predecessor', (t) => {
  t.deepEqual(dues(new RecordedPace(), [0, 2, 1, -5, 2.5]), [0, 2, 2, 2, 2.5]);
});

test('RecordedPace starts a pass when the last frame of the one before is due', (t) => {
  const dueTimes = new RecordedPace();
  t.deepEqual(dues(dueTimes, [0, 1, 2]), [0, 1, 2]);
  dueTimes.repeat();
  t.deepEqual(dues(dueTimes, [0, 1, 2]), [2, 3, 4]);
  dueTimes.repeat();
  t.deepEqual(dues(dueTimes, [0, -9, 0.5]), [4, 4, 4.5]);
});

test('RecordedPace starts a pass after the latest frame when the last one was recorded earlier', (t) => {
  const dueTimes = new RecordedPace();
  t.deepEqual(dues(dueTimes, [0, 3, 1]), [0, 3, 3]);
  dueTimes.repeat();
  t.deepEqual(dues(dueTimes, [0, 1]), [3, 4]);
});
