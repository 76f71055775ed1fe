import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { frameOf } from '../capture.js';
import { runProcess } from '../command.js';
import { runInside, runsInside } from '../command-inside.js';
import { type Outcome, RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** Two devices of names that are equally long, since columns are as wide as their longest entry. */
const INSIDE = 'same0';
const PROCESS = 'same1';

/** What differs between two devices, or between two runs: names, indices, addresses, times and rates. */
function comparable({ code, stdout, stderr }: Outcome): unknown {
  const mask = (text: string) =>
    text
      .replaceAll(/same[01]/g, 'NAME')
      .replaceAll(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, 'ADDRESS')
      .replaceAll(/("ifindex":|\(index )\d+/g, '$1INDEX')
      .replaceAll(/"age":\d+/g, '"age":SECONDS')
      .replaceAll(/(?:\d+ min )?[\d.]+ (?:s|[kMG]?pps|[kMG]?bit\/s)\b/g, 'FIGURE')
      .replaceAll(/since \S+/g, 'since TIME');
  return [code, mask(stdout), mask(stderr)];
}

const ROWS: readonly (readonly [words: string, code: number])[] = [
  ['create NAME --persist --up --mtu 1400 --queues 2', 0],
  ['create NAME --persist', 2],
  ['create a/b --persist', 1],
  ['show NAME', 0],
  ['show NAME --json', 0],
  ['stats NAME --per-queue', 0],
  ['stats NAME --json', 0],
  ['stats NAME --nonsense', 1],
  ['mtu NAME', 0],
  ['mtu NAME 1300', 0],
  ['mtu', 1],
  ['mac NAME 02:00:00:00:00:07', 0],
  ['mac NAME', 0],
  ['promisc NAME on', 0],
  ['allmulti NAME on', 0],
  ['offload NAME csum', 0],
  ['offload NAME', 0],
  ['persist NAME on', 0],
  [`tx-inject NAME --hex ${frameOf(1)}`, 0],
  [`tx-inject NAME --hex ${frameOf(1, 13)}`, 3],
  ['tx-inject NAME', 1],
  ['down NAME', 0],
  ['up NAME', 0],
  ['stats NAME --reset', 0],
  ['stats NAME', 0],
  ['release NAME', 2],
  ['gc', 0],
  ['show --help', 0],
  ['delete NAME', 0],
  ['delete NAME', 2],
  ['list', 0],
  ['list --json', 0],
];

test.serial('a command in the process of a test ends and prints as in a process of its own', async (t) => {
  for (const [line, code] of ROWS) {
    const words = (name: string) => line.replace('NAME', name).split(' ');
    t.true(runsInside(words(INSIDE)), line);
    const inside = await runInside(words(INSIDE));
    const outside = await runProcess(...words(PROCESS));
    t.is(outside.code, code, `${line}: ${outside.stderr}`);
    t.deepEqual(comparable(inside), comparable(outside), line);
  }
});

test('a command runs in a process when it needs one', (t) => {
  for (const line of [
    'list --netns blue',
    'create io0 --detach',
    'stats io0 --watch=1s',
    'tx-inject io0 -r -',
    'rx-dump io0',
    'hold io0',
    '--version',
  ]) {
    t.false(runsInside(line.split(' ')), line);
  }
});

test('the launcher runs the sources when nothing is built', async (t) => {
  const checkout = join(directory, 'checkout');
  mkdirSync(checkout);
  for (const part of ['bin', 'build', 'src', 'package.json', 'tsconfig.json', 'node_modules'])
    symlinkSync(fileURLToPath(new URL(`../../../${part}`, import.meta.url)), join(checkout, part));
  const words = ['--preserve-symlinks-main', join(checkout, 'bin/rtap'), 'mtu', 'absent0'];
  const { code, stderr } = await new RunningProcess(process.execPath, words).ended();
  t.is(code, 2, stderr);
  t.regex(stderr, /^rtap: cannot \w+ "absent0": there is no such device\n/);
});
