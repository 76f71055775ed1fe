import test from 'ava';
import { SuiteProgress } from './suite-progress.js';

test('SuiteProgress counts passed tests, and shows failures and every other line', (t) => {
  const progress = new SuiteProgress(3);
  const shown = [
    '',
    '  ✔ kernel › hold › leases › a queue has one reader (1.2s)',
    '  \u001b[32m✔\u001b[39m sys › errno › errnoOf knows EPERM',
    '  ✘ [fail]: kernel › hold › leases › 128 queues go in one exchange',
    '    ℹ 17 frames',
    '  1 test failed',
  ].map((line) => progress.take(line));
  t.deepEqual(shown, [true, false, false, true, true, true]);
  t.is(progress.text(0), '0:00  2 of 3 files, 2 tests passed, 1 failed');
});

test('SuiteProgress shows the time', (t) => {
  t.is(new SuiteProgress(250).text(185.9), '3:05  0 of 250 files, 0 tests passed');
});
