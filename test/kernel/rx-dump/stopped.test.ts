import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { start } from '../command.js';
import { eventually } from '../deadline.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const QUEUES = 4;
const TXQUEUELEN = 100;
const FRAMES = 2000;

test('rx-dump goes on after SIGSTOP and SIGCONT, and reports what was missed meanwhile', async (t) => {
  const words = ['--queues', String(QUEUES), '--txqueuelen', String(TXQUEUELEN)];
  const device = await FlowDevice.create('stop0', { words });
  const path = join(directory, 'stop0.pcap');
  const reader = start(['rx-dump', 'stop0', '-w', path]);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(64, 64);
  reader.signal('SIGSTOP');
  await eventually(() => /^State:\tT/m.test(readFileSync(`/proc/${reader.pid}/status`, 'utf8')), 'the stop');
  await device.send(64, FRAMES);
  reader.signal('SIGCONT');
  const [, said] = await reader.waitFor(/continues after a stop, (\d+) packets missed so far/, 'stderr');
  await device.send(64, 64);
  const { code, stderr } = await reader.stop();
  t.is(code, 0);
  const [, captured, missed] = /(\d+) packets captured\n(\d+) packets missed/.exec(stderr)!.map(Number);
  t.is(captured! + missed!, FRAMES + 128);
  t.is(missed, Number(said));
  t.true(missed! >= FRAMES - QUEUES * TXQUEUELEN && captured! > 128, stderr);
  t.like(await checkFlows(path), { frames: captured, strange: 0 });
});

test('rx-dump reports no stop when SIGCONT follows the signal that ends it, as timeout(1) sends it', async (t) => {
  const device = await FlowDevice.create('timed0', { words: ['--queues', '1', '--txqueuelen', '5000'] });
  // A reader that is too slow keeps the run from its end: SIGCONT is handled in any case.
  const reader = start(['rx-dump', 'timed0', '-v'], { outputUnread: true });
  await reader.waitFor(/listening/, 'stderr');
  await device.send(64, 3000);
  reader.signal('SIGTERM');
  reader.signal('SIGCONT');
  reader.signal('SIGUSR1');
  await reader.waitFor(/packets captured/, 'stderr');
  reader.closeOutput();
  const { stderr } = await reader.ended();
  t.notRegex(stderr, /continues after a stop/);
});

test('rx-dump reports no stop when a SIGCONT comes without one', async (t) => {
  await FlowDevice.create('awake0');
  const reader = start(['rx-dump', 'awake0']);
  await reader.waitFor(/listening/, 'stderr');
  for (const round of [1, 2]) {
    reader.signal('SIGCONT');
    reader.signal('SIGUSR1');
    await reader.waitFor(new RegExp(`(packets captured[^]*){${round}}`), 'stderr');
  }
  reader.signal('SIGSTOP');
  await eventually(() => /^State:\tT/m.test(readFileSync(`/proc/${reader.pid}/status`, 'utf8')), 'the stop');
  reader.signal('SIGCONT');
  await reader.waitFor(/continues after a stop/, 'stderr');
  reader.signal('SIGCONT');
  const { stderr } = await reader.stop();
  t.is(stderr.match(/continues after a stop/g)?.length, 1, stderr);
});
