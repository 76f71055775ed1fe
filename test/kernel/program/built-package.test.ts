import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { COMMANDS } from '../../../src/cli/entry/command-table.js';
import { runProgram } from '../../../src/cli/entry/program.js';
import { makeConsole } from '../../cli/scripted-console.js';
import { ip } from '../../netlink/iproute2.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';
import { buildRtap } from './built-rtap.js';

const workspace = enterWorkspace();
const directory = join(workspace.directory, 'built');
const rtap = buildRtap(directory);

/** At its end, the process prints what it has loaded as one line of JSON on standard error. */
const WITNESS = fileURLToPath(new URL('loaded-modules.cjs', import.meta.url));

/**
 * Modules of Node that take milliseconds to load, and that no command needs which only prints. koffi loads some of them on Node 22
 * and newer: what a program has that loads koffi alone is no command's doing.
 */
const HEAVY = ['tty', 'net', 'stream', 'crypto', 'child_process', 'http', 'worker_threads'];

const KOFFI = createRequire(import.meta.url).resolve('koffi');

/** Files of these packages that may be loaded: their native parts. */
const PACKAGES = /\/node_modules\/(?:koffi|@koromix)\//;

interface Loaded {
  readonly builtin: readonly string[];
  readonly files: readonly string[];
}

function loadedBy(t: ExecutionContext, ...words: readonly string[]): Loaded {
  const { status, stderr } = spawnSync(process.execPath, ['--require', WITNESS, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.is(status, 0, stderr);
  return JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as Loaded;
}

function run(...words: readonly string[]) {
  return spawnSync(rtap, words, { encoding: 'utf8' });
}

test.before(() => {
  ip('tuntap add dev built0 mode tap multi_queue', 'tuntap add dev built1 mode tap multi_queue');
});

for (const words of [
  ['list'],
  ['list', '--json'],
  ['show', 'built0'],
  ['stats', 'built0'],
  ['mtu', 'built0'],
  ['extcap', '--extcap-interfaces'],
]) {
  test.serial(
    `the built rtap ${words.join(' ')} loads one bundle, koffi, and no heavy module of Node beside koffi's`,
    (t) => {
      const bare = loadedBy(t, '--eval', `require(${JSON.stringify(KOFFI)})`);
      const { builtin, files } = loadedBy(t, rtap, ...words);
      t.deepEqual(
        HEAVY.filter((name) => builtin.includes(name) && !bare.builtin.includes(name)),
        [],
      );
      const own = files.filter((file) => !PACKAGES.test(file));
      t.deepEqual(own.map((file) => basename(file)).sort(), ['control-commands.cjs', 'main.cjs', 'rtap']);
    },
  );
}

for (const [words, code] of [
  [['help'], 0],
  [['help', 'create'], 0],
  [['create', '--help'], 0],
  [[], 1],
  [['help', 'nosuch'], 1],
] as const) {
  test.serial(`the built rtap ends with ${code} after ${words.join(' ') || 'no word'}`, (t) => {
    t.is(spawnSync(process.execPath, [rtap, ...words]).status, code);
  });
}

test.serial('the built rtap loads no koffi when it prints help', (t) => {
  const { files } = loadedBy(t, rtap, '--help');
  t.deepEqual(
    files.filter((file) => PACKAGES.test(file)),
    [],
  );
});

for (const { name } of COMMANDS) {
  test.serial(`the built rtap prints the same help for ${name} as the sources`, async (t) => {
    const console = makeConsole();
    await runProgram([name, '--help'], console);
    const { status, stdout } = run(name, '--help');
    t.is(status, 0);
    t.is(stdout.trimEnd(), console.printed.join('\n'));
  });
}

test.serial('the built rtap finds the right bundle when a device has the name of a command', (t) => {
  ip('tuntap add dev fwd mode tap');
  t.is(run('mtu', 'fwd').stdout, '1500\n');
  t.regex(run('--netns', '/proc/self/ns/net', 'rx-dump', 'absent0').stderr, /^rtap: cannot .*"absent0"/);
});

for (const [call, file] of [
  ['--extcap-config', 'extcap-config.txt'],
  ['--extcap-dlts', 'extcap-dlts.txt'],
] as const) {
  test.serial(
    `the program that Wireshark runs reads from ${file} what the built rtap answers to ${call}`,
    (t) => {
      const { status, stdout } = run('extcap', call, '--extcap-interface', 'rtap-built0');
      t.is(status, 0);
      t.is(readFileSync(join(directory, 'dist/cli', file), 'utf8'), stdout);
    },
  );
}

test.serial('the built rtap prints the version of the package', (t) => {
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    version: string;
  };
  t.true(run('--version').stdout.startsWith(`rtap ${version}\n`));
});

test.serial('the built rtap forwards with a thread of its own', async (t) => {
  ip('link set built0 up', 'link set built1 up');
  const forwarder = new RunningProcess(rtap, ['fwd', 'built0', 'built1']);
  await forwarder.waitFor(/^fwd: built0 .*<-> built1 .*, \d+ threads?$/m, 'stderr');
  t.is((await forwarder.stop()).code, 0);
});

test.serial(
  'the built library exports what the sources do, and forwards with a thread of its own',
  async (t) => {
    const library = join(directory, 'dist/index.js');
    const built = (await import(library)) as object;
    t.deepEqual(Object.keys(built).sort(), Object.keys(await import('../../../src/index.js')).sort());
    const script = `
    const { Forwarding } = await import(process.argv[1]);
    const forwarding = Forwarding.open([{ name: 'built0' }, { name: 'built1' }]);
    await forwarding.ready;
    await forwarding[Symbol.asyncDispose]();
    console.log('forwarded');`;
    const words = ['--input-type=module', '--eval', script, library];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    t.deepEqual([status, stdout, stderr], [0, 'forwarded\n', '']);
  },
);

test.serial('the built rtap measures with threads of its own, and forwards at the same time', (t) => {
  const { status, stdout, stderr } = run('bench', 'latency', '--duration', '10ms', '--rounds', '1');
  t.is(status, 0, stderr);
  t.regex(stdout, /^sleeping \(rtap\) +none /m);
});

test.serial('the built rtap works with any content of its code cache, and without one', (t) => {
  const cli = join(directory, 'dist/cli');
  const [cache, ...others] = readdirSync(cli).filter((name) => name.startsWith('control-commands.cjs.v8-'));
  t.deepEqual(others, []);
  const expected = run('list').stdout;
  t.regex(expected, /^built0 /m);
  const content = readFileSync(join(cli, cache!));
  const zeroed = Buffer.from(content).fill(0, Math.floor(content.length / 2));
  for (const broken of [Buffer.alloc(0), Buffer.from('no cache'), content.subarray(0, 1000), zeroed]) {
    writeFileSync(join(cli, cache!), broken);
    t.is(run('list').stdout, expected);
  }
  for (let at = 0; at < content.length; at += Math.ceil(content.length / 16)) {
    const damaged = Buffer.from(content);
    damaged[at]! ^= 0xff;
    writeFileSync(join(cli, cache!), damaged);
    t.is(run('list').stdout, expected, `byte ${at}`);
  }
  rmSync(join(cli, cache!));
  t.is(run('list').stdout, expected);
  writeFileSync(join(cli, cache!), content);
});

test.serial('the built rtap runs its bundle when that is newer than its code cache', (t) => {
  const bundle = join(directory, 'dist/cli/control-commands.cjs');
  const text = readFileSync(bundle, 'utf8');
  const [sentence] = /lists the TAP devices/i.exec(text)!;
  writeFileSync(bundle, text.replace(sentence, sentence.toUpperCase()));
  t.true(run('list', '--help').stdout.includes(sentence.toUpperCase()));
  writeFileSync(bundle, text);
  t.true(run('list', '--help').stdout.includes(sentence));
});

test.serial('the built rtap leaves nothing in the folder for temporary files', (t) => {
  const temporary = join(workspace.directory, 'temporary');
  mkdirSync(temporary);
  const { status } = spawnSync(rtap, ['list'], { env: { ...process.env, TMPDIR: temporary } });
  t.is(status, 0);
  t.deepEqual(readdirSync(temporary), []);
});

// Last, since no command runs after it.
test.serial('the built rtap refuses to run when a source is newer', (t) => {
  const source = join(directory, 'src/tap/newer.ts');
  mkdirSync(join(directory, 'src/tap'), { recursive: true });
  writeFileSync(source, '');
  utimesSync(source, 1, 1);
  t.is(run('list').status, 0);
  const later = Date.now() / 1000 + 60;
  utimesSync(source, later, later);
  const { status, stderr } = run('list');
  t.is(status, 4);
  t.is(
    stderr,
    'rtap: cannot run "dist": it is older than the sources\nhint: build it again: npm run build; or run the sources: rm -r dist\n',
  );
});
