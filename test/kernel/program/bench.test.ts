import { readlinkSync } from 'node:fs';
import test from 'ava';
import { entriesOf } from '../../proc-files.js';
import { RTAP, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { compileDenied } from '../denied.js';
import { RunningProcess } from '../running-process.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import {
  assertFaultless,
  assertNothingLeft,
  assertRate,
  benchFolders,
  ORDERED_FRAMES,
  reportOf,
  SHORT,
  workspace,
} from './bench-report.js';

// Source: include/uapi/linux/io_uring.h
const IORING_REGISTER_PBUF_RING = 22;

/** The network namespace of a process; undefined if the process is gone. */
function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** The network namespaces of all processes. */
function namespaces(): (string | undefined)[] {
  return entriesOf('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(namespaceOf);
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

test.serial('bench rx accounts for every frame, and rtap keeps the order', async (t) => {
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

test.serial('bench latency gets an answer to every request', async (t) => {
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
  test.serial(
    `bench prints its results so far and leaves nothing behind when ${signal} ends it`,
    async (t) => {
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
    },
  );
}

test.serial('bench prints one JSON document when it is interrupted', async (t) => {
  const bench = start(['bench', 'rx', '--json', '--duration', '60s']);
  await eventually(() => benchFolders().length > 0, 'its start');
  const { code, stdout } = await bench.stop('SIGINT');
  t.is(code, 3);
  t.like(JSON.parse(stdout), { interrupted: true, rows: [] });
  assertNothingLeft(t);
});

test.serial('bench ends without an error when its reader closes the pipe', async (t) => {
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
  t.regex(stdout, /^bursts of 128, fixed: not on this machine, it needs more locked memory \(ulimit -l\)$/m);
});

test.serial('bench names an engine that this machine does not have, and measures the others', async (t) => {
  const [program, ...rule] = compileDenied(workspace.directory)('opcode', IORING_REGISTER_PBUF_RING);
  const words = [...rule, process.execPath, RTAP, 'bench', 'rx', '--size', '64', ...SHORT];
  const { code, stdout, stderr } = await new RunningProcess(program!, words).ended();
  t.is(code, 0, stderr);
  t.regex(stdout, /^multishot read, 256 buffers: not on this machine, it needs Linux 6\.7$/m);
  t.regex(stdout, /^64 posted reads +64 /m);
});

test.serial('bench prints an error when the machine has no TUN driver', async (t) => {
  const script = 'mount -t tmpfs none /dev/net && exec "$@"';
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, RTAP, 'bench', 'latency'];
  const { code, stdout, stderr } = await new RunningProcess('unshare', words).ended();
  t.is(code, 4);
  t.is(stdout, '');
  t.regex(stderr, /^rtap: cannot create "bench%d": open\(\/dev\/net\/tun\) failed with ENOENT\nhint: /);
  assertNothingLeft(t);
});
