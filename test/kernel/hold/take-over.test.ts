import { join } from 'node:path';
import test from 'ava';
import { LinkEvents } from '../../../src/netlink/link-events.js';
import { Descriptor, O_RDONLY } from '../../../src/sys/descriptor.js';
import { MessageMemory } from '../../../src/sys/message-memory.js';
import { networkNamespaceCookie } from '../../../src/sys/network-namespace.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { acceptUnix, listenUnix } from '../../../src/sys/unix-socket.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { REPLY_BYTES_MAX } from '../../../src/tap/lease/holder-message.js';
import { encodeReply, type HolderReply } from '../../../src/tap/lease/holder-reply.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { done, json, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';
import { ready, type View } from './ready-holder.js';

const workspace = enterWorkspace();
const { directory } = workspace;

test.serial('a take-over keeps leases, queues, what waits in them, and the carrier', async (t) => {
  const device = await FlowDevice.create('keep0', { words: ['--queues', '4'] });
  const first = await ready('hold', 'keep0');
  await eventually(() => ipLink('keep0').flags.includes('LOWER_UP'), 'the carrier');
  const path = join(directory, 'keep.pcap');
  const reader = start(['rx-dump', 'keep0', '-q', '0-1', '-w', path]);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(64, 400);
  const carriers: boolean[] = [];
  using _events = LinkEvents.open({
    onLink: (link) => link.name === 'keep0' && carriers.push(link.carrier),
    onGone: () => {},
    onOverrun: () => {},
  });
  const second = await ready('hold', 'keep0', '--take-over');
  const outcome = await first.ended();
  t.deepEqual([outcome.code, outcome.stderr], [0, `rtap: keep0 is now held by process ${second.pid}\n`]);
  t.is(second.stdout, 'keep0: ready, 4 queues\n');
  t.is(ipLink('keep0').linkinfo.info_data.numqueues, 4);
  t.like(await json<View>('show', 'keep0'), {
    holder: { pid: second.pid },
    leases: [{ pid: reader.pid, queues: [0, 1] }],
  });
  t.false(carriers.includes(false));
  await device.send(64, 400);
  // The frames that waited in the other queues before and after are still there, each once.
  const rest = join(directory, 'rest.pcap');
  const late = start(['rx-dump', 'keep0', '-q', '2-3', '--backlog', '-w', rest]);
  await late.waitFor(/listening/, 'stderr');
  await reader.stop();
  await late.stop();
  const [early, waited] = [await checkFlows(path), await checkFlows(rest)];
  t.is(early.frames + waited.frames, 800);
  t.true(waited.frames > 0 && early.frames > 0);
  const third = await ready('hold', 'keep0', '--take-over');
  t.is((await second.ended()).code, 0);
  t.is((await third.stop()).code, 0);
});

test.serial(
  'a take-over keeps a device that is not persistent, and it goes with the new holder',
  async (t) => {
    const first = await ready('create', 'brief0', '--up', '--queues', '2');
    const second = await ready('hold', 'brief0', '--take-over', '--detach');
    t.is((await second.ended()).code, 0);
    t.is((await first.ended()).code, 0);
    const { holder } = await json<View>('show', 'brief0');
    t.not(holder?.pid, first.pid);
    t.false(ipLink('brief0').linkinfo.info_data.persist);
    await done('release', 'brief0');
    t.is(findIpLink('brief0'), undefined);
  },
);

test.serial('the old holder goes on when the new one dies in the middle, or does not answer', async (t) => {
  const holder = await ready('create', 'stay0', '--up', '--queues', '3');
  const link = findTap('stay0', 'try');
  const reader = start(['rx-dump', 'stay0', '-q', '1']);
  await reader.waitFor(/listening/, 'stderr');
  for (const messages of [0, 1, 2, 3]) {
    const successor = HolderClient.find(link, 'try')!;
    successor.send({ type: 'take-over' }, 'try');
    for (let count = 0; count < messages; count++)
      for (const descriptor of successor.next('try').descriptors) descriptor[Symbol.dispose]();
    successor[Symbol.dispose]();
    t.like(await json<View>('show', 'stay0'), {
      holder: { pid: holder.pid },
      leases: [{ pid: reader.pid, queues: [1] }],
    });
  }
  await reader.stop();
  t.is(ipLink('stay0').linkinfo.info_data.numqueues, 3);
  await holder.stop();
  t.is(findIpLink('stay0'), undefined);
});

test.serial('the next holder serves users that connect during a hand-over', async (t) => {
  const first = await ready('create', 'busy0', '--up', '--queues', '4');
  const link = findTap('busy0', 'try');
  const users: HolderClient[] = [];
  const second = start(['hold', 'busy0', '--take-over']);
  while (first.running) {
    const user = HolderClient.find(link, 'try');
    if (user !== undefined) users.push(user);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await second.waitFor(/ready/);
  const last = users.at(-1)!;
  const { descriptors } = last.lease([3], { share: false, command: 'late' });
  t.is(descriptors.length, 1);
  t.deepEqual((await json<View>('show', 'busy0')).leases[0]?.queues, [3]);
  for (const descriptor of descriptors) descriptor[Symbol.dispose]();
  for (const user of users) user[Symbol.dispose]();
  await second.stop();
});

test.serial('a take-over without a holder is refused', async (t) => {
  await done('create', 'none0', '--persist');
  t.deepEqual((await refusal('hold', 'none0', '--take-over')).slice(0, 2), [
    2,
    'rtap: cannot take over "none0": it has no holder',
  ]);
  t.deepEqual((await refusal('release', 'none0')).slice(0, 2), [
    2,
    'rtap: cannot release "none0": it has no holder',
  ]);
});

test.serial('hold refuses a hand-over that is not valid, and leaves nothing open', async (t) => {
  await done('create', 'fake0', '--persist');
  const link = findTap('fake0', 'try');
  const folder = deviceFolder(workspace, link.index);
  const greeting = {
    ...({ type: 'greeting', device: 'fake0', ifindex: link.index, netns: networkNamespaceCookie() } as const),
    ...{ holder: { pid: process.pid, command: 'fake' }, queues: 4, leases: [], admitted: true },
  };
  using owned = new Ownership();
  const listening = owned.own(listenUnix(join(folder, 'holder'), { action: 'try', object: 'fake0' }));
  const memory = owned.own(new MessageMemory(REPLY_BYTES_MAX));
  const lock = owned.own(Descriptor.open(folder, O_RDONLY));
  const tap = owned.own(TapDescriptor.attach('fake0'));
  const sockets = [lock.fd, listening.fd];
  type Message = readonly [HolderReply, readonly number[]];
  const handingOver: Message = [{ type: 'handing-over', persistent: true, group: undefined }, sockets];
  const queues: Message = [{ type: 'queues', queues: [0] }, [tap.fd]];
  const parts: readonly Message[][] = [
    [[{ type: 'all' }, []]],
    [[{ type: 'done' }, []]],
    [[{ type: 'queues', queues: [0, 1] }, [listening.fd]]],
    [[{ type: 'queues', queues: [0] }, [listening.fd]]],
    [[{ type: 'connections', connections: [{ pid: 1, command: 'x', queues: [], share: false }] }, []]],
    // All that makes a holder, and descriptors beside it that nothing would close.
    [handingOver, queues, [{ type: 'all' }, [listening.fd]]],
    [handingOver, handingOver, queues, [{ type: 'all' }, []]],
  ];
  for (const answers of parts) {
    const successor = start(['hold', 'fake0', '--take-over']);
    const socket = await eventually(() => {
      const accepted = acceptUnix(listening.fd);
      return accepted instanceof Descriptor && accepted;
    }, 'the successor');
    for (const [reply, fds] of [[greeting, []] as const, ...answers])
      t.true(memory.send(socket.fd, encodeReply(reply), fds) > 0);
    const { code, stderr } = await successor.ended();
    socket[Symbol.dispose]();
    t.is(code, 2);
    t.regex(stderr, /^rtap: cannot take over "fake0": [^\n]+(\nhint: [^\n]+)?\n$/);
  }
});
