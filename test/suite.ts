// Runs ava with the words of the command line: `npm test`. On a terminal, tests that pass are counted in one line that moves, so
// that failures stand out of 2,000 others and it shows that the suite goes on. Elsewhere ava prints as it does.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testedRtap } from './kernel/tested-rtap.js';
import { SuiteProgress } from './suite-progress.js';

const AVA = fileURLToPath(new URL('../node_modules/.bin/ava', import.meta.url));
const TESTS = new URL('.', import.meta.url);
/** Source: ECMA-48, EL: erase to the end of the line. */
const ERASE_LINE = '\r\x1b[K';
const SHOW_MS = 500;
/** The words of `npm run test:long`. */
const LONG = ['--config', 'ava.long.config.mjs'];

// Once, before several test files need it at the same time.
testedRtap();
const words = process.argv.slice(2);
const long = words.join(' ') === LONG.join(' ');
const code = process.stdout.isTTY && (words.length === 0 || long) ? await showProgress() : await runPlainly();
process.exitCode = code;

function runPlainly(): Promise<number> {
  return ended(spawn(AVA, words, { stdio: 'inherit' }));
}

async function showProgress(): Promise<number> {
  const ending = long ? '.long.ts' : '.test.ts';
  const names = readdirSync(TESTS, { recursive: true, encoding: 'utf8' });
  const progress = new SuiteProgress(names.filter((name) => name.endsWith(ending)).length);
  const ava = spawn(AVA, [...words, '--color'], { stdio: ['inherit', 'pipe', 'inherit'] });
  const show = () => process.stdout.write(`${ERASE_LINE}${progress.text(performance.now() / 1000)}`);
  const timer = setInterval(show, SHOW_MS);
  show();
  for await (const line of createInterface({ input: ava.stdout! }))
    if (progress.take(line)) process.stdout.write(`${ERASE_LINE}${line}\n`);
  clearInterval(timer);
  process.stdout.write(`${ERASE_LINE}${progress.text(performance.now() / 1000)}\n`);
  return ended(ava);
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (exitCode) => resolve(exitCode ?? 1));
  });
}
