import test from 'ava';
import { COMMANDS } from '../../src/cli/command-table.js';
import { runProgram } from '../../src/cli/program.js';
import { makeConsole } from './scripted-console.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `words` and catches what commander writes past the console. */
async function run(...words: readonly string[]): Promise<Outcome> {
  const console = makeConsole();
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (text: string | Uint8Array) => {
      written[name] += text;
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  try {
    const code = await runProgram(words, console);
    const said = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
    return {
      code,
      stdout: written.stdout + said(console.printed),
      stderr: written.stderr + said(console.noted),
    };
  } finally {
    for (const undo of restore) undo();
  }
}

const HINT = 'hint: rtap --help lists the commands, rtap COMMAND --help their options\n';

test.serial(
  'runProgram prints the help to standard error, and exits with 1, when there are no words',
  async (t) => {
    const { code, stdout, stderr } = await run();
    t.is(code, 1);
    t.is(stdout, '');
    t.true(stderr.startsWith('Usage: rtap COMMAND [DEVICE] [options]\n'));
  },
);

for (const words of [['--help'], ['-h'], ['help']]) {
  test.serial(
    `runProgram lists every command, and exits with 0, when it gets ${words.join(' ')}`,
    async (t) => {
      const { code, stdout, stderr } = await run(...words);
      t.is(code, 0);
      t.is(stderr, '');
      for (const { name, summary } of COMMANDS) {
        t.true(stdout.includes(name) && stdout.replace(/\s+/g, ' ').includes(summary), name);
      }
      t.true(stdout.includes('"dev NAME", "-i NAME" and "--iface NAME" mean it too'));
    },
  );
}

for (const { name } of COMMANDS) {
  test.serial(`runProgram prints the help of ${name}, and exits with 0, when it is asked`, async (t) => {
    const asked = await run(name, '--help');
    t.is(asked.code, 0);
    t.is(asked.stderr, '');
    t.true(asked.stdout.startsWith(`Usage: rtap ${name} `), asked.stdout);
    t.deepEqual(await run('help', name), asked);
  });
}

for (const word of ['--version', '-V']) {
  test.serial(`runProgram tells the versions, a line each, when it gets ${word}`, async (t) => {
    const { code, stdout, stderr } = await run(word);
    t.is(code, 0);
    t.is(stderr, '');
    t.regex(stdout, /^rtap \d+\.\d+\.\d+\nNode v\d+\..*\nLinux \d+\..*\nliburing .+\n$/);
  });
}

const refusals: readonly (readonly [words: readonly string[], stderr: string | RegExp])[] = [
  [['nosuch'], `rtap: unknown command 'nosuch'\n${HINT}`],
  [['--nosuch'], `rtap: unknown option '--nosuch'\n${HINT}`],
  [['show', 'io0', '--nosuch'], `rtap: unknown option '--nosuch'\n${HINT}`],
  [['show'], `rtap: missing required argument 'device'\n${HINT}`],
  [['delete', 'dev'], /^rtap: cannot delete "dev": .*\n/],
  [['mtu', '-i'], `rtap: unknown option '-i'\n${HINT}`],
  [['tx-inject', 'io0', '--hex'], `rtap: option '--hex <bytes>' argument missing\n${HINT}`],
  [['show', 'io0', 'io1'], /^rtap: too many arguments for 'show'\. Expected 1 argument but got 2/],
  [['mtu', 'io0', 'wide'], 'rtap: cannot read MTU "wide": wanted a whole number\n'],
  [['mtu', 'io0', '67'], 'rtap: cannot use MTU 67: 68 to 65521 are possible\n'],
  [['create', 'io0', '--queues', '129'], 'rtap: cannot use queue count 129: 1 to 128 are possible\n'],
  [['create', 'io/0'], 'rtap: cannot use "io/0" as a device name: it holds "/"\n'],
  [
    ['rx-dump', 'io0', '-w', 'x', '--json'],
    'rtap: cannot use "--json" with -w: both say what the output is\n',
  ],
  [['tx-inject', 'io0'], 'rtap: cannot tell what to send: give either -r FILE or --hex\n'],
];

for (const [words, wanted] of refusals) {
  test.serial(`runProgram refuses when it gets ${words.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await run(...words);
    t.is(stdout, '');
    if (typeof wanted === 'string') t.is(stderr, wanted);
    else t.regex(stderr, wanted);
    t.is(code, words[0] === 'delete' ? 2 : 1);
  });
}
