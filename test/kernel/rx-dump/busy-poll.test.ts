import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { processorTicks } from '../process-state.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const TICKS = 20;

test('rx-dump --busy-poll uses a core, and still serves frames, signals and link events', async (t) => {
  const device = await FlowDevice.create('busy0', { words: ['--txqueuelen', '5000'] });
  const reader = start(['rx-dump', 'busy0', '--busy-poll', '--count']);
  await reader.waitFor(/listening/, 'stderr');
  const before = processorTicks(reader.pid);
  await eventually(() => processorTicks(reader.pid) >= before + TICKS, `${TICKS} ticks of an idle reader`);
  await device.send(64, 2000);
  ip('link set busy0 down');
  await reader.waitFor(/busy0 is down/, 'stderr');
  reader.signal('SIGUSR1');
  await reader.waitFor(/2000 packets captured/, 'stderr');
  const { code, stdout } = await reader.stop();
  t.is(code, 0);
  t.is(stdout, '2000 packets\n');
});

test('rx-dump --busy-poll takes no more frames than are wanted, and ends when the device is gone', async (t) => {
  const device = await FlowDevice.create('busy1');
  const counting = start(['rx-dump', 'busy1', '--busy-poll', '-c', '10', '--count']);
  await counting.waitFor(/listening/, 'stderr');
  await device.send(16, 100);
  t.is((await counting.ended()).stdout, '10 packets\n');
  const reader = start(['rx-dump', 'busy1', '--busy-poll']);
  await reader.waitFor(/listening/, 'stderr');
  ip('link del busy1');
  t.is((await reader.ended()).code, 2);
});

test('rx-dump refuses --busy-poll with a saved capture', async (t) => {
  t.deepEqual(await refusal('rx-dump', '-r', 'x.pcap', '--busy-poll'), [
    1,
    'rtap: cannot use "--busy-poll" with -r: it needs a device, and -r reads a file',
  ]);
});
