import { readFileSync } from 'node:fs';
import test from 'ava';
import { drawChart } from '../../bench/report/chart.js';
import { fileNameOf, readResults } from '../../bench/report/results.js';
import { writePage } from '../../bench/report/results-page.js';

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

test('RESULTS.md and the chart of the README show the results that are kept', (t) => {
  const all = readResults();
  t.true(all.length > 0);
  const hint = 'write them anew: npm run bench -- --draw';
  t.is(read('bench/RESULTS.md'), writePage(all), hint);
  t.is(read('docs/bench.svg'), drawChart(all), hint);
  t.regex(read('README.md'), /\(docs\/bench\.svg\)/);
});

test('each file of results is named after its kind of machine', (t) => {
  for (const results of readResults())
    t.deepEqual(JSON.parse(read(`bench/results/${fileNameOf(results.machine)}`)).machine, results.machine);
});
