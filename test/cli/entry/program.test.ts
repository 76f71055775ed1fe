import { spawnSync } from 'node:child_process';
import test from 'ava';
import { Command } from 'commander';
import { COMMANDS } from '../../../src/cli/entry/command-table.js';
import { EXAMPLES } from '../../../src/cli/entry/examples.js';
import { PROGRAM, runProgram } from '../../../src/cli/entry/program.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { makeConsole } from '../scripted-console.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `words`, and collects what commander writes past the console, too. */
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

const HINT = 'hint: list the commands: rtap --help\n';
const hintFor = (command: string) => `hint: list its arguments and options: rtap ${command} --help\n`;

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
      t.true(stdout.includes('You can also write "dev NAME", "-i NAME" or "--iface NAME"'));
      t.true(stdout.includes('\nWith --netns NAMESPACE, before or after the command'));
    },
  );
}

for (const { name } of COMMANDS) {
  test.serial(`runProgram prints the help of ${name}, and exits with 0`, async (t) => {
    const asked = await run(name, '--help');
    t.is(asked.code, 0);
    t.is(asked.stderr, '');
    t.true(asked.stdout.startsWith(`Usage: rtap ${name} `), asked.stdout);
    t.deepEqual(await run('help', name), asked);
    t.true(asked.stdout.includes('--netns <namespace>'));
    for (const example of EXAMPLES[name] ?? []) t.true(asked.stdout.includes(`\n  ${example}\n`), example);
    t.true(asked.stdout.endsWith(`\nManual page: man rtap-${name}.\n`), asked.stdout);
    t.is(
      asked.stdout.includes('"dev NAME", "-i NAME" or "--iface NAME"'),
      /Usage: .*[<[]device(\.\.\.)?[\]>]/.test(asked.stdout),
    );
  });
}

test('every command has examples, and takes them', async (t) => {
  t.deepEqual(Object.keys(EXAMPLES).sort(), COMMANDS.map(({ name }) => name).sort());
  for (const { name, load } of COMMANDS) {
    for (const example of EXAMPLES[name]!) {
      // Pipes, redirections and substitutions are for the shell.
      const [, line] = /\brtap ([^|)>]*)/.exec(example)!;
      const words = line!.trim().split(' ');
      t.is(words[0], name);
      const command = new Command(name).exitOverride();
      (await load()).declare(command, makeConsole(), PROGRAM);
      command.action(() => {});
      await t.notThrowsAsync(command.parseAsync(words.slice(1), { from: 'user' }), example);
    }
  }
});

for (const word of ['--version', '-V']) {
  test.serial(`runProgram prints a line for each version when it gets ${word}`, async (t) => {
    const { code, stdout, stderr } = await run(word);
    t.is(code, 0);
    t.is(stderr, '');
    t.regex(stdout, /^rtap \d+\.\d+\.\d+\nNode v\d+\..*\nLinux \d+\..*\nliburing .+\n$/);
  });
}

test.serial('runProgram prints the versions as JSON when it gets --version and --json', async (t) => {
  const { code, stdout, stderr } = await run('--version', '--json');
  t.is(code, 0);
  t.is(stderr, '');
  const [rtap, node, kernel, liburing] = (await run('--version')).stdout.trimEnd().split('\n');
  const versions = JSON.parse(stdout) as Record<string, string>;
  t.deepEqual(Object.keys(versions), ['rtap', 'node', 'kernel', 'liburing']);
  t.is(`rtap ${versions.rtap}`, rtap!);
  t.is(`Node v${versions.node}`, node!);
  t.is(`Linux ${versions.kernel}`, kernel!);
  t.is(`liburing ${versions.liburing}`, liburing!);
  t.deepEqual(await run('list', '--json', '--version'), { code, stdout, stderr });
});

test.serial('runProgram prints the versions when a command gets --version', async (t) => {
  const asked = await run('--version');
  t.deepEqual(await run('--netns', 'nosuch', '--version'), asked);
  t.deepEqual(await run('list', '--version'), asked);
  t.deepEqual(await run('mtu', 'io0', '-V'), asked);
});

const refusals: readonly (readonly [words: readonly string[], stderr: string | RegExp])[] = [
  [['nosuch'], `rtap: cannot run "nosuch": there is no such command\n${HINT}`],
  [['shwo'], 'rtap: cannot run "shwo": there is no such command\nhint: did you mean show?\n'],
  [['del', 'io0'], 'rtap: cannot run "del": there is no such command\nhint: did you mean delete?\n'],
  [['add'], 'rtap: cannot run "add": there is no such command\nhint: did you mean create?\n'],
  [['ls'], 'rtap: cannot run "ls": there is no such command\nhint: did you mean list?\n'],
  [['help', 'nosuch'], `rtap: cannot run "nosuch": there is no such command\n${HINT}`],
  [['help', 'stat'], 'rtap: cannot run "stat": there is no such command\nhint: did you mean stats?\n'],
  [['--nosuch'], `rtap: cannot use option "--nosuch": there is no such option\n${HINT}`],
  [
    ['show', 'io0', '--nosuch'],
    `rtap: cannot use option "--nosuch": there is no such option\n${hintFor('show')}`,
  ],
  [
    ['show', 'io0', '--jsn'],
    'rtap: cannot use option "--jsn": there is no such option\nhint: did you mean --json?\n',
  ],
  [['list', '-i', 'io0'], `rtap: cannot use option "-i": there is no such option\n${hintFor('list')}`],
  [['show'], `rtap: cannot read argument "device": it is missing\n${hintFor('show')}`],
  [['persist', 'io0'], `rtap: cannot read argument "on|off": it is missing\n${hintFor('persist')}`],
  [['delete', 'dev'], /^rtap: cannot delete "dev": .*\n/],
  [['mtu', '-i'], 'rtap: cannot read option "-i": the name of a device is missing\n'],
  [
    ['show', '--iface=-x'],
    'rtap: cannot use "-x" as a device name: options begin like this; write it after "--"\n',
  ],
  [
    ['create', 'io0', '--mtu'],
    `rtap: cannot read option "--mtu <bytes>": its value is missing\n${hintFor('create')}`,
  ],
  [
    ['persist', 'io0', 'on', 'io1'],
    `rtap: cannot run "persist": 3 arguments given, at most 2 wanted, device names included\n${hintFor('persist')}`,
  ],
  [
    ['offload', 'io0', 'tso', 'csum'],
    'rtap: cannot run "offload": 3 arguments given, at most 2 wanted, device names included\nhint: give one list of what is to be on, with commas: csum,tso; "none" switches all off\n',
  ],
  [
    ['tx-inject', 'io0', 'x.pcap'],
    /: 2 arguments given, at most 1 wanted, device names included\nhint: give each capture with -r of its own, or a frame with --hex\n$/,
  ],
  [
    ['rx-dump', 'io0', '--snap', '5'],
    'rtap: cannot use option "--snap": there is no such option\nhint: did you mean --snapshot-length?\n',
  ],
  [
    ['sniff', '-r', 'x.pcap'],
    'rtap: cannot use option "-r": there is no such option\nhint: did you mean rtap rx-dump -r FILE?\n',
  ],
  [
    ['completion', 'csh'],
    `rtap: cannot use shell "csh": wanted one of bash, zsh, fish\n${hintFor('completion')}`,
  ],
  [['mtu', 'io0', 'wide'], 'rtap: cannot read MTU "wide": wanted a whole number\n'],
  [['mtu', 'io0', '67'], 'rtap: cannot use MTU 67: 68 to 65521 are possible\n'],
  [['create', 'io0', '--queues', '129'], 'rtap: cannot use queue count 129: 1 to 128 are possible\n'],
  [['create', 'io/0'], 'rtap: cannot use "io/0" as a device name: it contains "/"\n'],
  [
    ['rx-dump', 'io0', '-w', 'x', '--json'],
    /^rtap: cannot use "--json" with -w: both choose the form of the output/,
  ],
  [['monitor', 'io0', '--all'], 'rtap: cannot use "--all" with "io0": it watches every device\n'],
  [
    ['stats', 'io0', '--reset', '--json'],
    /^rtap: cannot use option "--reset" with option "--json": use one of them\n/,
  ],
  [
    ['stats', 'io0', '--reset', '--per-queue'],
    /^rtap: cannot use option "--reset" with option "--per-queue": use one of them\n/,
  ],
  [['tx-inject', 'io0'], /^rtap: cannot send: give .*-r FILE/],
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

test('runProgram loads neither koffi nor liburing when it prints help', (t) => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { COMMANDS } from './src/cli/entry/command-table.ts';
    import { processConsole } from './src/cli/process/process-console.ts';
    import { runProgram } from './src/cli/entry/program.ts';
    for (const { name } of COMMANDS) {
      await runProgram([name, '--help'], { ...processConsole, print() {} });
      if (readFileSync('/proc/self/maps', 'latin1').includes('koffi')) { console.log(name); break; }
    }
    await runProgram(['--version'], { ...processConsole, print() {} });
    console.log(readFileSync('/proc/self/maps', 'latin1').includes('koffi'));`;
  const words = [COMPILER_FLAG, '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  t.is(stdout, 'true\n', stderr);
});

test.serial('runProgram refuses an option of one value given twice', async (t) => {
  const { code, stderr } = await run('tx-inject', 'io0', '-r', 'a', '-q', '1', '--queue=2');
  t.deepEqual([code, stderr], [1, 'rtap: cannot use --queue twice: it takes one value\n']);
});

for (const words of [
  ['rx-dump', 'io0', '-w', 'a', '-w', 'b'],
  ['rx-dump', 'io0', '-w', 'a', '--write=b'],
]) {
  test.serial(`runProgram refuses an option given twice when it gets ${words.join(' ')}`, async (t) => {
    const { code, stdout, stderr } = await run(...words);
    t.is(code, 1);
    t.is(stdout, '');
    t.is(stderr, 'rtap: cannot use "-w" twice: "a" and "b" are given\n');
  });
}

test.serial('runProgram takes an option twice when it collects values', async (t) => {
  const { stderr } = await run('tx-inject', 'none0', '--hex', '00', '--hex', '01', '-K');
  t.regex(stderr, /^rtap: cannot use -K without -r/);
});
