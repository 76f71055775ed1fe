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
  dueTimes.repeat({ seconds: 7 });
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
  t.deepEqual(
    dues(makeDueTimes({ kind: 'recorded', multiplier: 2, gapSecondsMax: Infinity }), recorded),
    [0, 0.5, 1],
  );
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

test('RecordedPace cuts longer pauses to the longest gap, also between files, and counts them', (t) => {
  const cut: number[] = [];
  const dueTimes = new RecordedPace(2, { gapSecondsMax: 1, onCut: (seconds) => cut.push(seconds) });
  t.deepEqual(dues(dueTimes, [0, 2, 102, 103, 90, 200, 200.5]), [0, 1, 2, 2.5, 2.5, 3.5, 3.75]);
  t.deepEqual(cut, [50, 48.5]);
  dueTimes.repeat();
  t.deepEqual(dues(dueTimes, [0, 2, 102]), [3.75, 4.75, 5.75]);
  t.is(cut.length, 3);
});

test('due times pause between two passes when a loop delay is given', (t) => {
  const loopDelaySeconds = 5;
  const recorded = new RecordedPace(1, { gapSecondsMax: 1, loopDelaySeconds });
  t.deepEqual(dues(recorded, [0, 1]), [0, 1]);
  recorded.repeat();
  t.deepEqual(dues(recorded, [0, 1]), [6, 7]);
  const steady = new SteadyRate({ packetsPerSecond: 2 }, loopDelaySeconds);
  t.deepEqual(dues(steady, [0, 0]), [0, 0.5]);
  steady.repeat();
  t.deepEqual(dues(steady, [0, 0]), [6, 6.5]);
  const topSpeed = new TopSpeed(loopDelaySeconds);
  t.is(topSpeed.due(), 0);
  topSpeed.repeat({ seconds: 0.25 });
  t.is(topSpeed.due(), 5.25);
  t.deepEqual(
    [recorded, steady, topSpeed].map(({ pausedSeconds }) => pausedSeconds),
    [5, 5, 5],
  );
});

test('RecordedPace knows the seconds of any number of passes and frames', (t) => {
  const times = Array.from({ length: 300 }, (_, second) => second);
  const pace = new RecordedPace();
  t.is(pace.span(times, 1, Infinity), 299);
  t.is(pace.span(times, 3, Infinity), 897);
  t.is(pace.span(times, 1, 10), 9);
  t.is(pace.span(times, Infinity, 301), 299);
  t.is(pace.span(times, Infinity, 302), 300);
  t.is(pace.span(times, Infinity, Infinity), Infinity);
  t.is(pace.span([], 1, Infinity), 0);
  t.is(new RecordedPace(2).span(times, 2, Infinity), 299);
  const cut = new RecordedPace(1, { gapSecondsMax: 0.5, loopDelaySeconds: 10 });
  t.is(cut.span(times, 2, Infinity), 149.5 + 10 + 149.5);
});
