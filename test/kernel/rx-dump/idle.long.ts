import test from 'ava';
import { start } from '../command.js';
import { idleTicks, threadNames } from '../process-state.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const QUEUES = 128;

test('rx-dump uses no processor time while nothing comes in 128 queues, and wakes for the first frame', async (t) => {
  t.timeout(120_000);
  const device = await FlowDevice.create('idle0', { words: ['--queues', String(QUEUES)] });
  const reader = start(['rx-dump', 'idle0']);
  await reader.waitFor(/listening on idle0, queues 0-127/, 'stderr');
  await device.send(4, 4);
  await reader.waitFor(/(.*\n){4}/);
  t.is(await idleTicks(reader.pid), 0);
  t.deepEqual(
    threadNames(reader.pid).filter((name) => name.startsWith('iou-')),
    [],
  );
  await device.send(1, 1);
  await reader.waitFor(/(.*\n){5}/);
  t.is((await reader.stop()).code, 0);
});

test('hold uses no processor time while nothing comes in 128 queues', async (t) => {
  t.timeout(120_000);
  await FlowDevice.create('idle2', { words: ['--queues', String(QUEUES)] });
  const holder = start(['hold', 'idle2']);
  await holder.waitFor(/ready/);
  t.is(await idleTicks(holder.pid), 0);
  t.is((await holder.stop()).code, 0);
});

// Serial: events of other devices wake the monitor.
test.serial('monitor uses no processor time while nothing happens to its devices', async (t) => {
  t.timeout(120_000);
  await FlowDevice.create('idle1', { words: ['--queues', String(QUEUES)] });
  const monitor = start(['monitor']);
  await monitor.waitFor(/watching/, 'stderr');
  // The monitor reads the kernel's drop counter once a second. That takes some 0.2 ms.
  const used = await idleTicks(monitor.pid);
  t.true(used <= 1, `${used} ticks`);
  t.is((await monitor.stop()).code, 0);
});
