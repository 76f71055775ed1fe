import test from 'ava';
import { RecordedTimes } from '../../../../src/cli/tx-inject/sources/recorded-times.js';

/** The recorded seconds of the frames of `files`, each a list of the seconds in its records. */
function secondsOf(times: RecordedTimes, files: readonly (readonly number[])[]): number[] {
  return files.flatMap((file) => {
    times.beginFile();
    return file.map((seconds) => {
      times.read({ seconds, exactSeconds: undefined, nanoseconds: 0 });
      return times.seconds;
    });
  });
}

test('RecordedTimes goes on from file to file when they were recorded one after the other', (t) => {
  t.deepEqual(secondsOf(new RecordedTimes(), [[100, 101], [103, 102], [3703]]), [0, 1, 3, 2, 3603]);
});

test('RecordedTimes lets a file follow at once when it begins before the latest frame of the files before', (t) => {
  const times = new RecordedTimes();
  const files = [[100, 105, 104], [50, 51], [50, 52], [60]];
  t.deepEqual(secondsOf(times, files), [0, 5, 4, 5, 6, 6, 8, 16]);
  times.restart();
  t.deepEqual(secondsOf(times, files), [0, 5, 4, 5, 6, 6, 8, 16]);
});

test('RecordedTimes is exact when the seconds are beyond 2^53', (t) => {
  const times = new RecordedTimes();
  const exactSeconds = 2n ** 60n;
  times.read({ seconds: Number(exactSeconds), exactSeconds, nanoseconds: 999_999_999 });
  times.read({ seconds: Number(exactSeconds), exactSeconds: exactSeconds + 3n, nanoseconds: 0 });
  t.true(Math.abs(times.seconds - 2.000_000_001) < 1e-9, `${times.seconds}`);
});
