import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { BenchDevice } from '../../../src/measure/bench-device.js';
import { entriesOf } from '../../proc-files.js';
import { RTAP, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLinks } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();
// Where the bench keeps what it needs meanwhile: others may run one, too.
process.env.TMPDIR = workspace.directory;

/** One short round of each row. */
const SHORT = ['--rounds', '1', '--duration', '20ms'];
/** What each row's order is judged by, at least. */
const ORDERED_FRAMES = 20_000;

interface Row {
  readonly mode: string;
  readonly engine: string;
  readonly size?: number;
  readonly unsupported?: string;
  readonly framesPerSecond: { readonly median: number; readonly least: number; readonly most: number };
  readonly processorNanoseconds: { readonly median: number };
  readonly offered: number;
  readonly lost: number;
  readonly missed: number;
  readonly ordered: number;
  readonly outOfOrder: number;
  readonly trips: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

interface Report {
  readonly interrupted: boolean;
  readonly kernel: string;
  readonly cores: number;
  readonly napi: boolean;
  readonly rows: readonly Row[];
}

async function reportOf(t: ExecutionContext, ...words: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await run('bench', ...words, ...SHORT, '--json');
  t.is(code, 0, stderr);
  t.is(stderr, '');
  return JSON.parse(stdout) as Report;
}

function benchFolders(): string[] {
  return readdirSync(workspace.directory).filter((name) => name.startsWith('rtap-bench-'));
}

/** The network namespace of a process; undefined where it is gone. */
function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** The network namespaces that some process is in. */
function namespaces(): (string | undefined)[] {
  return entriesOf('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(namespaceOf);
}

function assertNothingLeft(t: ExecutionContext): void {
  t.deepEqual(benchFolders(), []);
  t.deepEqual(runtimeEntries(workspace), []);
  t.deepEqual(
    ipLinks().filter(({ ifname }) => ifname.startsWith('bench')),
    [],
  );
}

function assertRate(t: ExecutionContext, row: Row): void {
  t.true(row.framesPerSecond.median > 0, `${row.engine}: frames came`);
  t.true(row.framesPerSecond.least <= row.framesPerSecond.most);
  t.true(row.processorNanoseconds.median > 0, `${row.engine}: it took time`);
}

/** Of all ways that keep their order: none of at least so many frames came late, and none is gone unexplained. */
function assertFaultless(t: ExecutionContext, row: Row): void {
  t.true(row.ordered >= ORDERED_FRAMES, `${row.engine}: ${row.ordered} frames in order`);
  t.is(row.outOfOrder, 0, row.engine);
  t.is(row.lost, row.missed, `${row.engine}: what is lost the kernel has counted as missed`);
}

test.serial(
  'bench tx measures every way to send, and the kernel has counted each frame in order',
  async (t) => {
    const { rows, interrupted, cores, kernel } = await reportOf(t, 'tx', '--size', '64,65000');
    t.false(interrupted);
    t.true(cores > 0);
    t.regex(kernel, /^\d+\.\d+/);
    t.is(rows.length, 10);
    for (const row of rows) {
      assertRate(t, row);
      assertFaultless(t, row);
      t.is(row.lost, 0);
    }
    assertNothingLeft(t);
  },
);

test.serial('bench rx accounts for every frame, and rtap keeps their order', async (t) => {
  const { rows } = await reportOf(t, 'rx', '--size', '64');
  t.is(rows.length, 8);
  for (const row of rows.filter(({ unsupported }) => unsupported === undefined)) {
    assertRate(t, row);
    t.is(row.lost, row.missed, row.engine);
    t.true(row.ordered >= ORDERED_FRAMES, row.engine);
    if (row.engine.includes('bursts')) assertFaultless(t, row);
  }
  assertNothingLeft(t);
});

test.serial('bench measures two queues on two threads', async (t) => {
  const words = ['--size', '64', '--queues', '2', '--threads', '2'];
  for (const mode of ['tx', 'rx', 'fwd']) {
    const { rows } = await reportOf(t, mode, ...words);
    for (const row of rows) {
      assertRate(t, row);
      if (row.engine.includes('bursts')) assertFaultless(t, row);
    }
  }
});

test.serial('bench --napi measures devices whose queues have IFF_NAPI, as the kernel says', async (t) => {
  const report = await reportOf(t, 'tx', '--size', '64', '--napi');
  t.true(report.napi);
  for (const row of report.rows) {
    assertRate(t, row);
    assertFaultless(t, row);
  }
  assertNothingLeft(t);
  using device = await BenchDevice.make(2, true);
  t.deepEqual(
    device.taps.map(({ napi }) => napi),
    [true, true],
  );
});

test.serial('bench fwd carries frames in order, and TCP with offloads and without', async (t) => {
  const { rows } = await reportOf(t, 'fwd', '--size', '1500');
  t.is(rows.length, 5);
  for (const row of rows) {
    assertRate(t, row);
    if (row.size !== undefined) assertFaultless(t, row);
  }
  assertNothingLeft(t);
});

test.serial('bench latency has answers to all questions', async (t) => {
  const { rows } = await reportOf(t, 'latency');
  t.is(rows.length, 4);
  for (const row of rows) {
    t.true(row.trips > 0, row.engine);
    t.true(row.medianMs > 0 && row.medianMs <= row.p99Ms);
    t.is(row.lost, 0);
    t.is(row.outOfOrder, 0);
  }
  assertNothingLeft(t);
});

test.serial('bench prints the machine, and a table for each mode', async (t) => {
  const { code, stdout, stderr } = await run('bench', '--size', '64', ...SHORT);
  t.is(code, 0, stderr);
  t.is(stderr, '', 'progress is for terminals');
  t.regex(stdout, /^rtap \S+, Node \S+, Linux \S+, liburing \S+\n\d+ cores?, .*, load [\d.]+, \d{4}-/);
  t.regex(stdout, /^1 queue, 1 thread; medians of 1 round of 20 ms, in turns$/m);
  for (const mode of ['tx', 'rx', 'fwd', 'latency']) t.regex(stdout, new RegExp(`\n\n${mode}: .*\nENGINE `));
  t.regex(stdout, /^64 posted reads +64 /m);
  t.regex(stdout, /^TCP, offloads on +- /m);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`bench prints what it has and leaves nothing behind when ${signal} ends it`, async (t) => {
    const bench = start(['bench', '--size', '64', '--rounds', '1', '--duration', '100ms']);
    await bench.waitFor(/^tx: /m);
    const namespace = namespaceOf(bench.pid);
    t.not(namespace, namespaceOf(process.pid));
    const { code, stdout, stderr } = await bench.stop(signal);
    t.is(code, 3);
    t.regex(stdout, /^bursts of 128, fixed +64 /m);
    t.regex(stdout, /^interrupted after \d+ of 22 measurements$/m);
    t.regex(stderr, /^bench: interrupted after \d+ of 22 measurements$/m);
    assertNothingLeft(t);
    t.false(namespaces().includes(namespace));
  });
}

test.serial('bench prints one JSON document when it is interrupted', async (t) => {
  const bench = start(['bench', 'rx', '--json', '--duration', '60s']);
  await eventually(() => benchFolders().length > 0, 'its start');
  const { code, stdout } = await bench.stop('SIGINT');
  t.is(code, 3);
  t.like(JSON.parse(stdout), { interrupted: true, rows: [] });
  assertNothingLeft(t);
});

test.serial('bench ends quietly when its reader leaves', async (t) => {
  const bench = start(['bench', 'tx', '--duration', '60s']);
  await bench.waitFor(/^1 queue/m);
  bench.closeOutput();
  const { code, stderr } = await bench.ended();
  t.is(code, 0);
  t.is(stderr, '');
  assertNothingLeft(t);
});

test.serial('bench runs in a user namespace when it has no privilege', async (t) => {
  const bench = startProgramUnprivileged([
    'prlimit',
    '--memlock=65536:65536',
    process.execPath,
    RTAP,
    'bench',
    'tx',
    '--size',
    '64',
    ...SHORT,
  ]);
  const { code, stdout, stderr } = await bench.ended();
  t.is(code, 0, stderr);
  t.regex(stdout, /^bursts of 128 \(rtap\) +64 .* 0 of \d+$/m);
  t.regex(stdout, /^bursts of 128, fixed: not here, so much memory may not be locked \(ulimit -l\)$/m);
});

test.serial('bench names an engine that the machine has not, and measures the others', async (t) => {
  const denied = join(workspace.directory, 'register-denied');
  const source = fileURLToPath(new URL('register-denied.c', import.meta.url));
  execFileSync('gcc', ['-o', denied, source]);
  const words = [process.execPath, RTAP, 'bench', 'rx', '--size', '64', ...SHORT];
  const { code, stdout, stderr } = await new RunningProcess(denied, words).ended();
  t.is(code, 0, stderr);
  t.regex(stdout, /^multishot read, 256 buffers: not here, it takes Linux 6\.7$/m);
  t.regex(stdout, /^64 posted reads +64 /m);
});

test.serial('bench says so when the machine has no TUN driver', async (t) => {
  const script = 'mount -t tmpfs none /dev/net && exec "$@"';
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, RTAP, 'bench', 'latency'];
  const { code, stdout, stderr } = await new RunningProcess('unshare', words).ended();
  t.is(code, 4);
  t.is(stdout, '');
  t.regex(stderr, /^rtap: cannot create "bench%d": open\(\/dev\/net\/tun\) failed with ENOENT\nhint: /);
  assertNothingLeft(t);
});
