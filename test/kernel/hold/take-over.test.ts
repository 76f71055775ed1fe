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
import { ip } from '../../netlink/iproute2.js';
import { done, json, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { findIpLink, ipLink } from '../ip-link.js';
import type { RunningProcess } from '../running-process.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();
const { directory } = workspace;

const TAKE_OVERS_MAX = 4;
/** Stamped frames that are sent meanwhile, 100,000 a second where the machine is fast enough. */
const LOAD_FRAMES_MIN = 200_000;
const LOAD_FRAMES_MAX = 2_000_000;

interface View {
  readonly holder: { readonly pid: number } | null;
  readonly attached: readonly { readonly pid: number; readonly command: string }[];
  readonly leases: readonly {
    readonly pid: number;
    readonly command?: string;
    readonly queues: readonly number[];
  }[];
}

async function ready(...words: readonly string[]): Promise<RunningProcess> {
  const holder = start(words);
  await holder.waitFor(/ready/);
  return holder;
}

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
  // What waited in the others before and after is still there, once.
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

test.serial('take-overs under load lose no stamped frame', async (t) => {
  t.timeout(180_000);
  ip('link add br0 type bridge', 'link set br0 up');
  // Room for all frames, however late they are read.
  for (const name of ['in0', 'out0']) {
    await done('create', name, '--persist', '--up', '--txqueuelen', String(LOAD_FRAMES_MAX / 4));
    ip(`link set ${name} master br0`);
  }
  let holder = await ready('hold', 'out0');
  const dump = start(['rx-dump', 'out0', '--verify', '--json']);
  await dump.waitFor(/listening/, 'stderr');
  await eventually(() => !ipLink('out0').flags.includes('NO-CARRIER'), 'the carrier');
  const sender = start([
    ...['tx-inject', 'in0', '--udp', '10.0.0.1:1000-10.0.0.2:2000', '--stamp'],
    ...['--vary', 'src-port=1000..1063', '--dst-mac', '02:00:00:00:00:09', '--size', '64'],
    ...['--rate', '100kpps', '--limit', String(LOAD_FRAMES_MAX), '--json'],
  ]);
  const sent = () => ipLink('out0').stats64.tx.packets;
  await eventually(() => sent() > 1000, 'the first frames');
  let takeOvers = 0;
  for (; takeOvers < TAKE_OVERS_MAX && sender.running; takeOvers++) {
    const next = await ready('hold', 'out0', '--take-over');
    t.is((await holder.ended()).code, 0);
    holder = next;
  }
  await eventually(() => sent() > LOAD_FRAMES_MIN, `${LOAD_FRAMES_MIN} frames`, 120_000);
  const ledger = JSON.parse((await sender.stop()).stdout) as {
    accepted: number;
    refused: object;
    pps: number;
  };
  await eventually(() => sent() === ledger.accepted, 'all frames to be read', 60_000);
  const { code, stdout, stderr } = await dump.stop();
  t.log(`${takeOvers} take-overs, ${ledger.accepted} frames, ${Math.round(ledger.pps)} frames a second`);
  t.is(code, 0, stderr + stdout);
  t.like(JSON.parse(stdout), {
    faultless: true,
    lost: 0,
    duplicates: 0,
    missed: 0,
    received: ledger.accepted,
  });
  t.deepEqual(ledger.refused, {});
  await holder.stop();
});

test.serial('a take-over keeps a device that goes with its holder, and the new one ends it', async (t) => {
  const first = await ready('create', 'brief0', '--up', '--queues', '2');
  const second = await ready('hold', 'brief0', '--take-over', '--detach');
  t.is((await second.ended()).code, 0);
  t.is((await first.ended()).code, 0);
  const { holder } = await json<View>('show', 'brief0');
  t.not(holder?.pid, first.pid);
  t.false(ipLink('brief0').linkinfo.info_data.persist);
  await done('release', 'brief0');
  t.is(findIpLink('brief0'), undefined);
});

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

test.serial('users who come during a hand-over are served by the next holder', async (t) => {
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

test.serial(
  'a successor that is killed at any moment takes no lease along, and one holder is left at most',
  async (t) => {
    await done('create', 'kill0', '--persist', '--up', '--queues', '4');
    let holder = await ready('hold', 'kill0');
    const reader = start(['rx-dump', 'kill0', '-q', '2']);
    await reader.waitFor(/listening/, 'stderr');
    for (let round = 0; round < 8; round++) {
      const successor = start(['hold', 'kill0', '--take-over']);
      await new Promise((resolve) => setTimeout(resolve, 350 + round * 60));
      await successor.stop('SIGKILL');
      const { holder: shown, leases, attached } = await json<View>('show', 'kill0');
      if (shown?.pid === holder.pid) {
        t.deepEqual(leases, [{ pid: reader.pid, command: 'rx-dump', queues: [2] }]);
        t.is(ipLink('kill0').linkinfo.info_data.numqueues, 4);
      } else {
        // It had taken everything over: the old one has left, and the device has no holder.
        t.is((await holder.ended()).code, 0);
        t.deepEqual([shown, attached, leases], [null, [{ pid: reader.pid, command: 'rx-dump' }], []]);
        await reader.stop();
        holder = await ready('hold', 'kill0');
        break;
      }
    }
    await reader.stop();
    await holder.stop();
  },
);

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

test.serial('what a holder hands over that makes none is refused, and nothing is left open', async (t) => {
  await done('create', 'fake0', '--persist');
  const link = findTap('fake0', 'try');
  const folder = deviceFolder(workspace, link.index);
  const greeting = {
    ...({ type: 'greeting', device: 'fake0', ifindex: link.index, netns: networkNamespaceCookie() } as const),
    ...{ holder: { pid: 1, command: 'fake' }, queues: 4, leases: [], admitted: true },
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
