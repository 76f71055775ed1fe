import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { PacketSocket, runTool, startPeer } from '../peer.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

/** The settings of a device, as ip and ethtool show them. */
function seenByOthers(name: string): unknown {
  const { mtu, flags, linkinfo } = ipLink(name);
  return { mtu, flags, linkinfo, features: runTool('ethtool', '-k', name) };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  const name = signal.toLowerCase();
  test(`create holds the device until ${signal} comes, and then nothing is left`, async (t) => {
    const holder = start(['create', '--iface', name]);
    await holder.waitFor(/\n/);
    t.is(holder.stdout, `${name}: ready, 4 queues\n`);
    const link = ipLink(name);
    t.like(link.linkinfo.info_data, { numqueues: 4, persist: false, user: 'root', group: undefined });
    const folder = deviceFolder(workspace, link.ifindex);
    t.true(existsSync(folder));
    const { code, stderr, signal: endedBy } = await holder.stop(signal);
    t.deepEqual([code, endedBy, stderr], [0, null, '']);
    t.is(findIpLink(name), undefined);
    t.false(existsSync(folder));
  });
}

test('create lets the kernel remove the device when the holder is killed, and the next create its folder', async (t) => {
  const holder = start(['create', 'killed0', '--queues', '2', '--up']);
  await holder.waitFor(/^killed0: ready, 2 queues$/m);
  const folder = deviceFolder(workspace, ipLink('killed0').ifindex);
  const { code, signal } = await holder.stop('SIGKILL');
  t.deepEqual([code, signal], [null, 'SIGKILL']);
  t.is(findIpLink('killed0'), undefined);
  await done('create', 'killed1', '--persist');
  t.false(existsSync(folder));
});

test('create removes the device when the signal comes before it is ready', async (t) => {
  const rounds = Array.from({ length: 6 }, async (_, round) => {
    const name = `early${round}`;
    const holder = start(['create', name, '--queues', '128', '--up']);
    if (round > 0) await holder.waitFor(/ready/);
    const { code, signal, stderr } = await holder.stop(round % 2 === 0 ? 'SIGTERM' : 'SIGINT');
    // A signal that comes before Node runs our code ends the process.
    t.true(code === 0 || signal !== null, stderr);
    t.is(stderr, '');
    t.is(findIpLink(name), undefined);
  });
  await Promise.all(rounds);
});

test('create holds 128 queues, and the kernel sends out of all of them', async (t) => {
  const holder = start(['create', 'wide0', '--queues', '128', '--up']);
  await holder.waitFor(/^wide0: ready, 128 queues$/m);
  t.is(ipLink('wide0').linkinfo.info_data.numqueues, 128);
  const view = await json('show', 'wide0');
  t.like(view, { queues: 128, numqueues: 128, holder: { pid: holder.pid, command: 'rtap' } });
  t.is((view.unread as number[]).length, 128);
  t.is((await holder.stop()).code, 0);
});

test('create prints "1 queue" when it makes one', async (t) => {
  const holder = start(['create', 'single0', '--queues', '1']);
  await holder.waitFor(/^single0: ready, 1 queue$/m);
  t.true(ipLink('single0').linkinfo.info_data.multi_queue);
  await holder.stop();
});

test('create --json prints one JSON object and holds the device', async (t) => {
  const holder = start(['create', 'json0', '--json']);
  await holder.waitFor(/\n/);
  t.deepEqual(JSON.parse(holder.stdout), { ifname: 'json0', ifindex: ipLink('json0').ifindex, queues: 4 });
  await holder.stop();
  t.is(findIpLink('json0'), undefined);
});

test('create prints the chosen name in its ready line when the name holds %d', async (t) => {
  const holder = start(['create', 'auto%d']);
  const [, name] = await holder.waitFor(/^(auto\d+): ready, 4 queues$/m);
  t.truthy(findIpLink(name!));
  await holder.stop();
  t.is(findIpLink(name!), undefined);
});

test('create --exist-ok holds a persistent device and does not remove it', async (t) => {
  await done('create', 'kept0', '--persist', '--queues', '3');
  const holder = start(['create', 'kept0', '--exist-ok']);
  await holder.waitFor(/^kept0: ready, 3 queues$/m);
  t.is(ipLink('kept0').linkinfo.info_data.numqueues, 3);
  t.is((await holder.stop()).code, 0);
  t.true(ipLink('kept0').linkinfo.info_data.persist);
});

test('create leaves a device as it was when it cannot hold it', async (t) => {
  const holder = start(['create', 'held0', '--queues', '2']);
  await holder.waitFor(/ready/);
  ip('tuntap add dev used0 mode tap multi_queue');
  const user = startPeer('tap_user.py', ['used0', 'multi', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^\d+$/m);
  const reasons = {
    held0: `it has a holder already, rtap (pid ${holder.pid})`,
    used0: `python3 (pid ${user.pid}) has a queue of it attached`,
  };
  for (const [name, reason] of Object.entries(reasons)) {
    const before = seenByOthers(name);
    const asked = ['--mtu', '1400', '--up', '--queues', '3', '--owner', 'nobody', '--offload', 'none'];
    for (const how of [[], ['--detach']]) {
      const [code, message] = await refusal('create', name, '--exist-ok', ...asked, ...how);
      t.deepEqual([code, message], [2, `rtap: cannot hold "${name}": ${reason}`]);
    }
    t.deepEqual(seenByOthers(name), before);
  }
  t.is((await json('show', 'held0')).queues, 2);
  user.endInput();
  await user.ended();
  await holder.stop();
});

test('create ends when another process deletes the device', async (t) => {
  const holder = start(['create', 'lost0']);
  await holder.waitFor(/ready/);
  await done('delete', 'lost0');
  t.is(findIpLink('lost0'), undefined);
  const { code, stderr } = await holder.ended();
  t.is(code, 2);
  t.is(stderr, 'rtap: cannot go on holding "lost0": the device was deleted\n');
});

test('create keeps the carrier on while it holds the device', async (t) => {
  const holder = start(['create', 'carrier0', '--up']);
  await holder.waitFor(/ready/);
  t.true(ipLink('carrier0').flags.includes('LOWER_UP'));
  t.like(await json('show', 'carrier0'), { carrier: true, unread: [0, 1, 2, 3] });
  ip('addr add 10.9.0.1/24 dev carrier0');
  const socket = await PacketSocket.open('carrier0', 'in');
  await done('tx-inject', 'carrier0', '--hex', `ffffffffffff02000000000288b5${'00'.repeat(50)}`);
  t.is((await socket.close()).length, 1);
  await holder.stop();
});

test('SIGUSR1 while the program starts leaves no debugging port open', async (t) => {
  for (const delayMs of [10, 40]) {
    const holder = start(['create', 'usr0']);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (holder.pid !== undefined) process.kill(holder.pid, 'SIGUSR1');
    await Promise.race([holder.waitFor(/ready/), holder.ended()]);
    // Node's debugging port 9229, as /proc/net/tcp writes it.
    t.notRegex(readFileSync('/proc/net/tcp', 'utf8'), /:240D /);
    await holder.stop();
  }
});
