import { readFileSync } from 'node:fs';
import test from 'ava';
import { ROW_NAMES } from '../../bench/contests.js';

test('the README shows the graph of each row', (t) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/\(bench\/graphs\/([a-z-]+)\.svg\)/g)].map(([, name]) => name);
  t.deepEqual(shown, [...ROW_NAMES]);
});
