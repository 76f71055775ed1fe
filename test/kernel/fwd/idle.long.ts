import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { eventually } from '../deadline.js';
import { idleTicks, threadNames } from '../process-state.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { startForwarder } from './forwarder.js';

enterWorkspace();

const QUEUES = 128;

test('fwd uses no processor time while nothing comes in 256 queues of 3 threads, and wakes for one frame', async (t) => {
  t.timeout(180_000);
  const words = ['--queues', String(QUEUES)];
  const device = await FlowDevice.create('idlea', { words });
  const peer = await FlowDevice.create('idleb', { words });
  const forwarder = await startForwarder(['idlea', 'idleb', '--threads', '3']);
  await device.send(16, 160);
  await peer.send(16, 160);
  const sent = (count: number) => () =>
    ['idlea', 'idleb'].every((name) => readStatistics(name).total.txPackets === count);
  await eventually(sent(160), 'the first frames');
  t.is(await idleTicks(forwarder.pid), 0);
  t.deepEqual(
    threadNames(forwarder.pid).filter((name) => name.startsWith('iou-')),
    [],
  );
  await device.send(1, 1);
  await peer.send(1, 1);
  await eventually(sent(161), 'the last frame');
  t.is((await forwarder.stop()).code, 0);
});
