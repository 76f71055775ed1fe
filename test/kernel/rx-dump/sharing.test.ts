import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startPeer } from '../peer.js';
import { FlowDevice, stampOf } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const HINT =
  'hint: find out which process: rtap show held0; with --share, rx-dump and fwd attach beside it and compete with it for frames; see the frames without taking one: rtap sniff held0';

test('rx-dump names the process that has queues of the device attached', async (t) => {
  await done('create', 'held0', '--persist', '--up');
  const user = startPeer('tap_user.py', ['held0', 'multi', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^10$/m);
  const message = `rtap: cannot attach to "held0": python3 (pid ${user.pid}) has a queue of it attached`;
  t.deepEqual(await refusal('rx-dump', 'held0'), [2, message, HINT]);
  t.is(ipLink('held0').linkinfo.info_data.numqueues, 1);
  user.endInput();
  await user.ended();
});

test('rx-dump names another reader, and a reader of a single-queue device', async (t) => {
  await FlowDevice.create('read0', { words: ['--queues', '1'] });
  ip('tuntap add dev single0 mode tap', 'link set single0 up');
  for (const name of ['read0', 'single0']) {
    const reader = start(['rx-dump', name]);
    await reader.waitFor(/listening/, 'stderr');
    const message = `rtap: cannot attach to "${name}": rx-dump (pid ${reader.pid}) has a queue of it attached`;
    const [code, line, hint] = await refusal('rx-dump', name);
    t.deepEqual([code, line], [2, message]);
    t.is(hint!.includes('--share'), name === 'read0', 'a single-queue device cannot be shared');
    await reader.stop();
  }
});

test('rx-dump --share reads beside another reader: together they get every frame once', async (t) => {
  const device = await FlowDevice.create('share0', { words: ['--queues', '2'] });
  const readers = [start(['rx-dump', 'share0', '--json'])];
  await readers[0]!.waitFor(/listening/, 'stderr');
  readers.push(start(['rx-dump', 'share0', '--share', '--json']));
  await readers[1]!.waitFor(/listening/, 'stderr');
  t.is(ipLink('share0').linkinfo.info_data.numqueues, 4);
  const { attached } = await json<{ attached: { pid: number }[] }>('show', 'share0');
  t.deepEqual(attached.map(({ pid }) => pid).sort(), readers.map(({ pid }) => pid).sort());
  await device.send(200, 2000);
  await eventually(() => ipLink('share0').stats64.tx.packets === 2000, 'the last frame');
  const outcomes = await Promise.all(readers.map((reader) => reader.stop()));
  const lines = outcomes.map(({ stdout }) => stdout.trimEnd().split('\n'));
  t.true(lines.every(({ length }) => length > 0));
  const stamps = lines.flat().map((line) => stampOf((JSON.parse(line) as { data: string }).data));
  t.deepEqual([stamps.length, new Set(stamps).size], [2000, 2000]);
  t.like((await json('stats', 'share0')).rx, { packets: 2000, bytes: 100_000, missed: 0 });
});

test('rx-dump --share is refused on a single-queue device in use', async (t) => {
  ip('tuntap add dev taken0 mode tap', 'link set taken0 up');
  const reader = start(['rx-dump', 'taken0']);
  await reader.waitFor(/listening/, 'stderr');
  const [code, message, hint] = await refusal('rx-dump', 'taken0', '--share');
  t.deepEqual([code, message], [2, 'rtap: cannot attach to "taken0": ioctl(TUNSETIFF) failed with EBUSY']);
  t.is(
    hint,
    'hint: a single-queue device serves one process; find out which one: rtap show taken0; see the frames without taking one: rtap sniff taken0',
  );
  await reader.stop();
  await done('delete', 'taken0');
});

test('rx-dump --share is refused with -q on a device that no rtap holds', async (t) => {
  await done('create', 'alone0', '--persist', '--up');
  const user = startPeer('tap_user.py', ['alone0', 'multi', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^10$/m);
  const [code, message] = await refusal('rx-dump', 'alone0', '--share', '-q', '0,1');
  t.is(code, 1);
  t.is(message, 'rtap: cannot share queues 0,1 of "alone0": no rtap holds it, and these would be new queues');
  t.is(ipLink('alone0').linkinfo.info_data.numqueues, 1, 'nothing was attached');
  user.endInput();
  await user.ended();
});
