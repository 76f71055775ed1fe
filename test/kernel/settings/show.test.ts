import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, start } from '../command.js';
import { ipLink } from '../ip-link.js';
import { runTool } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const KEYS = [
  'ifname',
  'ifindex',
  'flags',
  'mtu',
  'operstate',
  'master',
  'address',
  'ifalias',
  'altnames',
  'queues',
  'numqueues',
  'persist',
  'age',
  'holder',
  'txqlen',
  'carrier',
  'promisc',
  'allmulti',
  'multi_queue',
  'vnet_hdr',
  'napi',
  'pi',
  'user',
  'group',
  'numdisabled',
  'offloads',
  'steer',
  'filter',
  'attached',
  'unread',
  'leases',
  'disabled',
  'kernel_queues',
  'addr_info',
];

test('show prints what ip prints for an idle device', async (t) => {
  await done('create', 'idle0', '--persist', '--owner', '0', '--mtu', '9000', '--up');
  const view = await json('show', 'idle0');
  t.deepEqual(Object.keys(view), KEYS);
  const { ifindex, flags, mtu, operstate, address, txqlen } = ipLink('idle0');
  t.like(view, { ifindex, flags, mtu, operstate, address, txqlen });
  t.like(view, {
    queues: 4,
    numqueues: 0,
    persist: true,
    holder: null,
    attached: [],
    unread: [],
    carrier: false,
  });
  t.like(view, { multi_queue: true, vnet_hdr: true, pi: false, user: 0, group: null });
});

test('show names the holder, and the queues without a reader', async (t) => {
  const holder = start(['create', 'held0', '--up', '--queues', '3']);
  await holder.waitFor(/ready/);
  const found = { pid: holder.pid, command: 'rtap' };
  const view = await json('show', 'held0');
  t.like(view, {
    queues: 3,
    numqueues: 3,
    persist: false,
    holder: found,
    attached: [],
    leases: [],
    unread: [0, 1, 2],
  });
  const text = await done('show', 'held0');
  t.regex(text, new RegExp(`^held by +rtap \\(pid ${holder.pid}\\)$`, 'm'));
  t.regex(text, /^queues +made with 3, 3 attached$/m);
  t.regex(text, /^unread +0-2: frames wait there; the kernel drops frames when the queue is full$/m);
  t.regex(text, /^state +up, carrier on, operstate UNKNOWN$/m);
  await holder.stop();
});

test('show names a reader, whose queues are read', async (t) => {
  await done('create', 'read0', '--persist', '--up');
  const reader = start(['rx-dump', 'read0']);
  await reader.waitFor(/listening/, 'stderr');
  t.like(await json('show', 'read0'), {
    numqueues: 4,
    holder: null,
    attached: [{ pid: reader.pid, command: 'rx-dump' }],
    unread: [],
    leases: [],
  });
  const text = await done('show', 'read0');
  t.regex(text, /^held by +no process$/m);
  t.regex(text, new RegExp(`^attached +rx-dump \\(pid ${reader.pid}\\)$`, 'm'));
  await reader.stop();
});

test('show attaches nothing: the device looks the same before and after', async (t) => {
  ip('tuntap add dev single0 mode tap', 'tuntap add dev pi0 mode tap pi multi_queue', 'link set single0 up');
  for (const name of ['single0', 'pi0']) {
    const before = ipLink(name);
    const view = await json('show', name);
    t.deepEqual(ipLink(name), before);
    t.like(view, {
      queues: null,
      numqueues: 0,
      pi: before.linkinfo.info_data.pi,
      multi_queue: name === 'pi0',
    });
  }
  t.regex(await done('show', 'single0'), /^queues +single-queue device$/m);
  t.regex(await done('show', 'pi0'), /^queues +not made by rtap, 0 attached$/m);
});

test('show prints the offloads that ethtool shows', async (t) => {
  await done('create', 'plain0', '--persist', '--offload', 'none');
  t.regex(runTool('ethtool', '-k', 'plain0'), /^tx-checksumming: off/m);
  t.deepEqual((await json('show', 'plain0')).offloads, []);
  await done('create', 'all0', '--persist', '--offload', 'tso,ecn,uso');
  const features = runTool('ethtool', '-k', 'all0');
  t.regex(features, /^tcp-segmentation-offload: on$/m);
  t.regex(features, /^tx-udp-segmentation: on$/m);
  t.deepEqual((await json('show', 'all0')).offloads, ['csum', 'tso4', 'tso6', 'ecn', 'uso']);
});

test('show refuses absent devices, and links that are no TAP', async (t) => {
  ip('link add br0 type bridge');
  const hint = 'hint: list the TAP devices of this network namespace: rtap list';
  t.deepEqual(await refusal('show', 'absent0'), [
    2,
    'rtap: cannot show "absent0": there is no such device',
    hint,
  ]);
  const [code, message] = await refusal('show', 'br0', '--json');
  t.deepEqual([code, message], [2, 'rtap: cannot show "br0": it is not a TAP (bridge)']);
});
