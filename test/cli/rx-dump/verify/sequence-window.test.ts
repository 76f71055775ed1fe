import test from 'ava';
import fc from 'fast-check';
import { SequenceWindow, WINDOW_NUMBERS } from '../../../../src/cli/rx-dump/verify/sequence-window.js';

function factsOf({ expected, arrived, lost, gaps }: SequenceWindow) {
  return { expected, arrived, lost, gaps };
}

test('SequenceWindow counts nothing as lost when all came in order', (t) => {
  const window = new SequenceWindow();
  for (let number = 0; number < 3 * WINDOW_NUMBERS; number++) window.take(number);
  t.deepEqual(factsOf(window), {
    expected: 3 * WINDOW_NUMBERS,
    arrived: 3 * WINDOW_NUMBERS,
    lost: 0,
    gaps: 0,
  });
});

test('SequenceWindow tells late numbers from duplicates within the window', (t) => {
  const window = new SequenceWindow();
  window.take(1);
  window.take(WINDOW_NUMBERS);
  t.is(window.take(0), 'stale');
  t.is(window.take(1), 'duplicate');
  t.is(window.take(2), 'new');
  t.deepEqual(factsOf(window), {
    expected: WINDOW_NUMBERS + 1,
    arrived: 3,
    lost: WINDOW_NUMBERS - 2,
    gaps: 2,
  });
});

test('SequenceWindow counts right after a jump across several windows', (t) => {
  const window = new SequenceWindow();
  window.take(0);
  window.take(7 * WINDOW_NUMBERS + 5);
  t.deepEqual(factsOf(window), {
    expected: 7 * WINDOW_NUMBERS + 6,
    arrived: 2,
    lost: 7 * WINDOW_NUMBERS + 4,
    gaps: 1,
  });
  t.is(window.take(7 * WINDOW_NUMBERS + 4), 'new');
  t.is(window.gaps, 1);
});

test('SequenceWindow counts right when the low 32 bits of a number wrap', (t) => {
  const window = new SequenceWindow();
  const start = 0xffff_ffff - 10;
  for (let number = start; number < start + 20; number++) t.is(window.take(number), 'new');
  t.is(window.take(start + 12), 'duplicate');
  t.deepEqual(factsOf(window), { expected: start + 20, arrived: 20, lost: start, gaps: 1 });
});

test('SequenceWindow agrees with a set of all numbers', (t) => {
  // Jumps to the edges of the window are the difficult cases.
  const leaps = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(
      WINDOW_NUMBERS,
      WINDOW_NUMBERS - 1,
      WINDOW_NUMBERS + 1,
      -WINDOW_NUMBERS,
      1 - WINDOW_NUMBERS,
    ),
  );
  fc.assert(
    fc.property(fc.array(leaps, { maxLength: 12 }), (steps) => {
      const window = new SequenceWindow();
      const seen = new Set<number>();
      let [at, highest] = [3, -1];
      for (const step of steps) {
        at = Math.max(0, at + step);
        const stale = at <= highest - WINDOW_NUMBERS;
        t.is(window.take(at), stale ? 'stale' : seen.has(at) ? 'duplicate' : 'new');
        if (!stale) seen.add(at);
        highest = Math.max(highest, at);
      }
      const sorted = [...seen].sort((a, b) => a - b);
      const gaps = sorted.filter((number, index) => number !== (sorted[index - 1] ?? -1) + 1).length;
      t.deepEqual(factsOf(window), {
        expected: highest + 1,
        arrived: seen.size,
        lost: highest + 1 - seen.size,
        gaps,
      });
    }),
    { numRuns: 30 },
  );
});
