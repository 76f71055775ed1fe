import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'ava';

/** Leaves buffers behind, without a word to the collector, and prints how many of them it has taken. */
const LEAVING = `
let taken = 0;
const registry = new FinalizationRegistry(() => { taken += 1; });
const leave = () => {
  for (let left = 0; left < 200; left++) registry.register(new ArrayBuffer(8), left);
};
for (let round = 0; round < 10; round++) {
  leave();
  await new Promise((resolve) => setImmediate(resolve));
}
console.log(taken);
`;

function takenUnder(words: readonly string[]): number {
  return Number(
    execFileSync(process.execPath, [...words, '--input-type=module', '--eval', LEAVING], {
      encoding: 'utf8',
    }),
  );
}

/** What `npm run test:gc` tells V8: a flag that a release does not heed would make it prove nothing. */
function collectingFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const [, words = ''] = /--node-arguments='([^']+)'/.exec(scripts['test:gc'])!;
  return words.split(' ').filter((word) => !word.startsWith('--import'));
}

test('buffers that nobody holds are taken again and again under the flags of test:gc, and not without', (t) => {
  t.true(takenUnder(collectingFlags()) > 1000);
  t.is(takenUnder([]), 0);
});
