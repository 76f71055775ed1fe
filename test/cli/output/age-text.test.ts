import test from 'ava';
import { formatAge } from '../../../src/cli/output/age-text.js';

const rows: readonly (readonly [seconds: number, text: string])[] = [
  [0, '0 s'],
  [0.9, '0 s'],
  [59.9, '59 s'],
  [60, '1 min'],
  [3599, '59 min 59 s'],
  [3600, '1 h'],
  [3659, '1 h'],
  [86_399, '23 h 59 min'],
  [86_400, '1 d'],
  [273_600, '3 d 4 h'],
];

for (const [seconds, text] of rows) {
  test(`formatAge writes ${seconds} s as ${text}`, (t) => {
    t.is(formatAge(seconds), text);
  });
}
