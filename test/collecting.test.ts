import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';

/** Leaves garbage behind without asking for a collection, and prints the number of collections. */
const LEAVING = `
import { PerformanceObserver } from 'node:perf_hooks';
let collections = 0;
const observer = new PerformanceObserver((list) => { collections += list.getEntries().length; });
observer.observe({ entryTypes: ['gc'] });
const kept = [];
for (let round = 0; round < 60; round++) {
  for (let left = 0; left < 2000; left++) kept[left % 100] = { left, more: [left] };
  await new Promise((resolve) => setImmediate(resolve));
}
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(collections);
`;

function collectionsUnder(flags: readonly string[]): number {
  const words = [...flags, '--input-type=module', '--eval', LEAVING];
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }));
}

/** The flags that `npm run test:gc` gives to V8. */
function collectingFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const [, words = ''] = /--node-arguments='([^']+)'/.exec(scripts['test:gc'])!;
  return words.split(' ');
}

// Some releases of V8 accept flags that do nothing, --gc-interval among them. Tests under such a flag would prove nothing.
test('garbage is collected many times as often under the flags of test:gc', (t) => {
  const without = collectionsUnder([]);
  t.true(without > 0);
  t.true(collectionsUnder(collectingFlags()) > 3 * without);
});
