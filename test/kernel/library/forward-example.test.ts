import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { Forwarding } from '../../../src/tap/forward/forwarding.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { openedSince, openFiles } from '../../open-files.js';
import { done, start } from '../command.js';
import { eventually, withDeadline } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** Lets `import … from 'rtap'` find the sources, whether dist/ is built or not. */
const LOADER = fileURLToPath(new URL('./sources-as-rtap.mjs', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('../../../examples/forward-frames.mjs', import.meta.url));
const FRAMES = 500;

function startExample(...words: readonly string[]): RunningProcess {
  return new RunningProcess(process.execPath, [COMPILER_FLAG, '--import', LOADER, EXAMPLE, ...words]);
}

async function received(other: OtherNamespace, name: string): Promise<number> {
  const [link] = JSON.parse(await other.run('ip', '-j', '-s', 'link', 'show', name)) as [
    { stats64: { rx: { packets: number } } },
  ];
  return link.stats64.rx.packets;
}

function queuesOf(name: string): number {
  return ipLink(name).linkinfo.info_data.numqueues ?? 0;
}

test.serial('the example forwards every frame into another namespace, and a signal ends it', async (t) => {
  const other = await OtherNamespace.make();
  const device = await FlowDevice.create('ex0', { words: ['--queues', '2', '--txqueuelen', '5000'] });
  await done('create', 'ex1', '--persist', '--up', '--queues', '2', '--netns', other.name);
  const example = startExample('ex0', 'ex1', other.name);
  await example.waitFor(/^forwarding between ex0 and ex1, threads: 1$/m);
  await device.send(16, FRAMES);
  const sum = (stdout: string) =>
    [...stdout.matchAll(/^ex0 queue \d -> \d: \d+ received, (\d+) sent$/gm)].reduce(
      (total, [, sent]) => total + Number(sent),
      0,
    );
  await eventually(() => readStatistics('ex0').total.rxPackets === FRAMES, 'the frames');
  const { code, stdout, stderr } = await example.stop();
  t.is(code, 0, stderr);
  t.is(sum(stdout), FRAMES, stdout);
  t.is(await received(other, 'ex1'), FRAMES);
  t.is(queuesOf('ex0'), 0);
});

test.serial('the example borrows from a holder, and prints when a device is gone', async (t) => {
  const holder = start(['create', 'ex2', '--up', '--queues', '2']);
  await holder.waitFor(/ready/);
  await done('create', 'ex3', '--persist', '--up', '--queues', '2');
  const example = startExample('ex2', 'ex3');
  await example.waitFor(/^forwarding/m);
  t.is(queuesOf('ex2'), 2, 'no queue of its own');
  await done('delete', 'ex3');
  const { code, stdout } = await example.ended();
  t.is(code, 0);
  t.regex(stdout, /^ex3 is gone$/m);
  await holder.stop();
});

test.serial('Forwarding.open releases everything, whatever ends it', async (t) => {
  for (const name of ['lib0', 'lib1']) await done('create', name, '--persist', '--up', '--queues', '2');
  const sides = [{ name: 'lib0' }, { name: 'lib1' }] as const;
  // What Node opens for its first thread stays.
  await Forwarding.open(sides)[Symbol.asyncDispose]();
  const files = openFiles();
  const aborted = await withDeadline(
    Forwarding.open(sides, { signal: AbortSignal.abort() }).ended,
    'the end of what was ended before',
  );
  t.deepEqual(aborted, { reason: 'finished' });
  const stop = new AbortController();
  const forwarding = Forwarding.open(sides, { signal: stop.signal });
  await forwarding.ready;
  t.deepEqual([queuesOf('lib0'), queuesOf('lib1')], [2, 2]);
  stop.abort();
  t.deepEqual(await withDeadline(forwarding.ended, 'the end'), { reason: 'finished' });
  t.throws(() => Forwarding.open(sides, { threadCount: 3 }), { instanceOf: RangeError });
  t.throws(() => Forwarding.open([{ name: 'lib0' }, { name: 'lib9' }]), { code: 'ENODEV' });
  t.throws(() => Forwarding.open([{ name: 'lib0' }, { name: 'lib0' }]), {
    message: 'cannot forward between "lib0" and "lib0": they are one device',
  });
  t.throws(() => Forwarding.open([{ name: 'lib0' }, { name: 'lib1', namespace: 'nosuch' }]), {
    message: 'cannot enter "nosuch": there is no such network namespace',
  });
  await eventually(() => queuesOf('lib0') === 0 && queuesOf('lib1') === 0, 'the queues to go');
  t.deepEqual(openedSince(files), []);
});
