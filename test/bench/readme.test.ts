import { readFileSync } from 'node:fs';
import test from 'ava';
import { ROW_NAMES } from '../../bench/contests.js';

function graphsIn(path: string, pattern: RegExp): string[] {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  return Array.from(text.matchAll(pattern), ([, name]) => name!);
}

test('RESULTS.md shows the graph of each row, and the README the chart of all', (t) => {
  t.deepEqual(graphsIn('bench/RESULTS.md', /\(graphs\/([a-z-]+)\.svg\)/g), [...ROW_NAMES]);
  t.deepEqual(graphsIn('README.md', /\(bench\/graphs\/([a-z-]+)\.svg\)/g), ['all']);
});
