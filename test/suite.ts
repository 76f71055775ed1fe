// Runs ava with the words of the command line: `npm test`. On a terminal, tests that pass are counted in one line that moves, so
// that failures stand out of 2,000 others and it shows that the suite goes on. Elsewhere ava prints as it does.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { closedToOtherUsers, ROOT } from './closed-part.js';
import { testedRtap } from './kernel/tested-rtap.js';
import { VIEW, viewCommand } from './readable-view.js';
import { SuiteProgress } from './suite-progress.js';

const AVA = fileURLToPath(new URL('../node_modules/.bin/ava', import.meta.url));
const TESTS = new URL('.', import.meta.url);
/** As in package.json: the compiler of the view and not of the place that it shows. */
const COMPILER_FLAG_HERE = '--import=./build/typescript.mjs';
/** Source: ECMA-48, EL: erase to the end of the line. */
const ERASE_LINE = '\r\x1b[K';
const SHOW_MS = 500;
/** The words of `npm run test:long`. */
const LONG = ['--config', 'ava.long.config.mjs'];

const words = process.argv.slice(2);
const long = words.join(' ') === LONG.join(' ');
const closed = closedToOtherUsers();
if (process.getuid!() !== 0) console.warn('test: kernel tests need root, and fail without it');
process.exitCode =
  process.getuid!() === 0 && closed !== undefined ? await runReadably(closed) : await runTests();

/** Some tests run programs as another user. What that user may not read it gets in another place, or a sentence says so. */
async function runReadably(part: string): Promise<number> {
  const told = `test: users other than its owner may not read ${part}`;
  if (part.startsWith(ROOT)) {
    console.warn(`${told}, so tests that run programs as another user fail: chmod -R go+rX ${ROOT}`);
    return runTests();
  }
  console.warn(`${told}, so the tests run in a view of this folder in ${VIEW}`);
  const [program = '', ...rest] = viewCommand([COMPILER_FLAG_HERE, 'test/suite.ts', ...words]);
  return ended(spawn(program, rest, { stdio: 'inherit' }));
}

function runTests(): Promise<number> {
  // Once, before several test files need it at the same time.
  testedRtap();
  return process.stdout.isTTY && (words.length === 0 || long) ? showProgress() : runPlainly();
}

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
