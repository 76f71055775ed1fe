import test from 'ava';
import { readRootQdiscs } from '../../../src/netlink/qdiscs.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, run, start } from '../command.js';
import { ready } from '../hold/ready-holder.js';
import { ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

interface Missed {
  readonly rx: { readonly missed: number };
  readonly unread: readonly number[] | null;
  readonly qdisc: { readonly kind: string; readonly dropped: number } | null;
}

/** A device of four queues, which hold `txqueuelen` frames each, with a holder. */
async function heldDevice(name: string, txqueuelen = 10): Promise<FlowDevice> {
  const device = await FlowDevice.create(name, { words: ['--txqueuelen', String(txqueuelen)] });
  await ready('hold', name);
  return device;
}

test('stats, rx-dump and tx-inject name the queues without a reader when packets were missed', async (t) => {
  const device = await heldDevice('part0');
  const reader = start(['rx-dump', 'part0', '-q', '2', '--count']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(64, 1000);
  const { dropped } = ipLink('part0').stats64.tx;
  t.true(dropped > 0);
  t.regex(
    await done('stats', 'part0'),
    new RegExp(`^${dropped} missed on part0; queues 0-1,3 have no reader$`, 'm'),
  );
  t.like(await json<Missed>('stats', 'part0'), { rx: { missed: dropped }, unread: [0, 1, 3] });
  const { stderr } = await reader.stop();
  t.regex(stderr, new RegExp(`^${dropped} packets missed on part0; queues 0-1,3 have no reader$`, 'm'));
  // A longer queue would be full later.
  t.notRegex(stderr, /longer queue/);
  t.like(await json<Missed>('stats', 'part0'), { unread: [0, 1, 2, 3] });
});

test('tx-inject names the queues without a reader when answers to its frames were missed', async (t) => {
  await heldDevice('ping0');
  const words = ['--arp', '192.0.2.9-192.0.2.1', '-L', '500'];
  ip('addr add 192.0.2.1/24 dev ping0');
  const { stderr } = await run('tx-inject', 'ping0', ...words);
  t.regex(stderr, /^\d+ packets missed on ping0; queues 0-3 have no reader$/m);
  const { missed, unread } = await json<{ missed: number; unread: number[] }>('tx-inject', 'ping0', ...words);
  t.true(missed > 0);
  t.deepEqual(unread, [0, 1, 2, 3]);
});

test('stats names the queues of a device that no process has attached when packets were missed', async (t) => {
  const device = await FlowDevice.create('none0', { words: ['--queues', '2'] });
  const reader = start(['rx-dump', 'none0', '--count']);
  await reader.waitFor(/listening/, 'stderr');
  await reader.stop();
  await device.send(1, 10);
  t.like(await json<Missed>('stats', 'none0'), { unread: [0, 1] });
});

test('stats shows the drops of a qdisc, which no counter of the device contains', async (t) => {
  const device = await heldDevice('shape0', 1000);
  t.like(await json<Missed>('stats', 'shape0'), { qdisc: { kind: 'mq', dropped: 0 } });
  runTool(
    'tc',
    'qdisc',
    'replace',
    'dev',
    'shape0',
    'root',
    'tbf',
    'rate',
    '8kbit',
    'burst',
    '1600',
    'limit',
    '2000',
  );
  await device.send(1, 300).catch(() => {});
  const [{ drops, handle }] = JSON.parse(runTool('tc', '-s', '-j', 'qdisc', 'show', 'dev', 'shape0'));
  t.true(drops > 0);
  t.like(readRootQdiscs().get(ipLink('shape0').ifindex), {
    kind: 'tbf',
    dropped: drops,
    handle: Number.parseInt(handle, 16) * 0x10000,
  });
  t.like(await json<Missed>('stats', 'shape0'), {
    rx: { missed: 0 },
    qdisc: { kind: 'tbf', dropped: drops },
  });
  t.regex(await done('stats', 'shape0'), new RegExp(`^qdisc tbf \\(before kernel tx\\) +${drops}$`, 'm'));
  await done('stats', 'shape0', '--reset');
  t.like(await json<Missed>('stats', 'shape0'), { qdisc: { kind: 'tbf', dropped: 0 } });
});
