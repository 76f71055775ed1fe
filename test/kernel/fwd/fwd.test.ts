import test, { type ExecutionContext } from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, json } from '../command.js';
import { eventually } from '../deadline.js';
import { type IpLink, ipLink } from '../ip-link.js';
import { OtherNamespace } from '../other-namespace.js';
import { runTool, startPeer } from '../peer.js';
import { threadNames } from '../process-state.js';
import { RunningProcess } from '../running-process.js';
import { type VnetFrame, VnetPacketSocket } from '../vnet-packet.js';
import { enterWorkspace } from '../workspace.js';
import { reportIn, startForwarder } from './forwarder.js';

enterWorkspace();

const NEEDS_CHECKSUM = 1;
const GSO_TCPV4 = 1;
const ETHERNET_BYTES = 1514;

/** Two devices of one network, the second in a namespace of its own. */
async function makePair(
  number: number,
  ...words: readonly string[]
): Promise<{ here: string; there: string; other: OtherNamespace }> {
  const [here, there] = [`here${number}`, `there${number}`];
  const other = await OtherNamespace.make();
  const common = ['--persist', '--up', '--txqueuelen', '32767', ...words];
  await done('create', here, ...common);
  await done('create', there, '--netns', other.name, ...common);
  ip(`addr add 10.8.${number}.1/24 dev ${here}`);
  await other.run('ip', 'addr', 'add', `10.8.${number}.2/24`, 'dev', there);
  return { here, there, other };
}

async function linkIn(other: OtherNamespace, name: string): Promise<IpLink> {
  return (JSON.parse(await other.run('ip', '-j', '-d', '-s', 'link', 'show', name)) as IpLink[])[0]!;
}

/** Transfers `bytes` from the other namespace, or with -R to it. Returns the bytes that had arrived when the sender ended. */
async function transfer(
  other: OtherNamespace,
  address: string,
  bytes: number,
  ...words: readonly string[]
): Promise<number> {
  const server = new RunningProcess('iperf3', ['-s', '-1', '--forceflush']);
  await server.waitFor(/listening/i);
  const said = await other.run('iperf3', '-c', address, '-n', String(bytes), '-J', ...words);
  await server.ended();
  return (JSON.parse(said) as { end: { sum_received: { bytes: number } } }).end.sum_received.bytes;
}

test.serial('fwd joins two namespaces: ping, TCP both ways, and the counts of the kernel', async (t) => {
  t.timeout(180_000);
  const { here, there, other } = await makePair(1, '--queues', '2');
  const forwarder = await startForwarder([
    here,
    there,
    '--peer-netns',
    other.name,
    '--threads',
    '2',
    '--json',
  ]);
  t.is(forwarder.stderr, `fwd: ${here} queues 0-1 <-> ${there} queues 0-1, 2 threads\n`);
  t.regex(runTool('ping', '-c', '3', '-i', '0.05', '-W', '20', '10.8.1.2'), / 0% packet loss/);
  const bytes = 20_000_000;
  t.true((await transfer(other, '10.8.1.1', bytes, '-P', '4')) > 0);
  t.true((await transfer(other, '10.8.1.1', bytes, '-R')) > 0);
  t.deepEqual(
    threadNames(forwarder.pid).filter((name) => name.startsWith('iou-')),
    [],
  );
  let before = -1;
  await eventually(() => {
    const { rx, tx } = ipLink(here).stats64;
    const last = before;
    before = rx.packets + tx.packets;
    return last === before;
  }, 'the last frame of TCP');
  const { code, stdout, stderr } = await forwarder.stop();
  t.is(code, 0, stderr);
  const { threads, directions } = reportIn(stdout);
  t.is(threads, 2);
  const [out, back] = directions;
  t.like(out, { from: here, to: there, refused: {}, discarded: 0, unusable: 0 });
  t.like(back, { from: there, to: here, refused: {}, discarded: 0, unusable: 0 });
  const [first, second] = [ipLink(here).stats64, (await linkIn(other, there)).stats64];
  t.deepEqual([out.received, out.receivedBytes], [first.tx.packets, first.tx.bytes]);
  t.deepEqual([out.sent, out.sentBytes], [second.rx.packets, second.rx.bytes]);
  t.deepEqual([back.received, back.receivedBytes], [second.tx.packets, second.tx.bytes]);
  t.deepEqual([back.sent, back.sentBytes], [first.rx.packets, first.rx.bytes]);
  t.true(out.sentBytes > bytes / 2 && back.sentBytes > bytes / 2);
  for (const direction of directions) {
    t.deepEqual(
      direction.queues.map(({ from, to }) => [from, to]),
      [
        [0, 0],
        [1, 1],
      ],
    );
    t.is(
      direction.queues.reduce((sum, { sent }) => sum + sent, 0),
      direction.sent,
    );
  }
  type Stats = { rx: { packets: number; bytes: number }; tx: { packets: number; bytes: number } };
  for (const [stats, read, written] of [
    [await json<Stats>('stats', here), out, back],
    [await json<Stats>('stats', there, '--netns', other.name), back, out],
  ] as const) {
    t.like(stats.rx, { packets: read.received, bytes: read.receivedBytes });
    t.like(stats.tx, { packets: written.sent, bytes: written.sentBytes });
  }
  t.is(ipLink(here).linkinfo.info_data.numqueues ?? 0, 0, 'no queue is left');
  t.is((await linkIn(other, there)).linkinfo.info_data.numqueues ?? 0, 0);
});

/** The fields of the virtio-net header that a receiver uses: flags, gso_type, gso_size, csum_start, csum_offset. */
function facts({ header }: VnetFrame): readonly number[] {
  const word = (at: number) => new Uint16Array(header.buffer, header.byteOffset + at, 1)[0]!;
  return [header[0]!, header[1]!, word(4), word(6), word(8)];
}

for (const [number, hereBytes, thereBytes] of [
  [2, 10, 10],
  [3, 10, 12],
  [4, 12, 10],
] as const)
  test.serial(
    `fwd forwards unfinished frames unchanged when their headers have ${thereBytes} bytes and those of the peer ${hereBytes}`,
    (t) => assertUnchanged(t, number, [hereBytes, thereBytes]),
  );

async function assertUnchanged(
  t: ExecutionContext,
  number: number,
  [hereBytes, thereBytes]: readonly [number, number],
): Promise<void> {
  const other = await OtherNamespace.make();
  const here = await makeDevice(`here${number}`, hereBytes);
  const there = await makeDevice(`there${number}`, thereBytes, other);
  ip(`addr add 10.8.${number}.1/24 dev ${here}`);
  await other.run('ip', 'addr', 'add', `10.8.${number}.2/24`, 'dev', there);
  const forwarder = await startForwarder([here, there, '--peer-netns', other.name, '--json']);
  const leaving = await VnetPacketSocket.open(there, 'out', other.name);
  const arriving = await VnetPacketSocket.open(here, 'in');
  t.true((await transfer(other, `10.8.${number}.1`, 2_000_000)) > 0);
  const { code, stdout, stderr } = await forwarder.stop();
  t.is(code, 0, stderr);
  const [sent, received] = [await leaving.close(), await arriving.close()];
  const unfinished = received.filter(({ header }) => header[1] === GSO_TCPV4);
  t.true(unfinished.length > 0);
  t.true(unfinished.every(({ header }) => (header[0]! & NEEDS_CHECKSUM) !== 0));
  t.true(Math.max(...unfinished.map(({ frame }) => frame.length)) > ETHERNET_BYTES);
  // Frames that were sent after the end of fwd were dropped.
  t.is(received.length, reportIn(stdout).directions[1].sent);
  for (const [index, { header, frame }] of received.entries()) {
    const original = sent[index]!;
    t.true(frame.equals(original.frame), `frame ${index}`);
    t.deepEqual(facts({ header, frame }), facts(original), `header ${index}`);
  }
}

/** Makes a device of one queue whose virtio-net header has `headerBytes`. */
async function makeDevice(name: string, headerBytes: number, other?: OtherNamespace): Promise<string> {
  const user = startPeer('tap_user.py', [name, 'multi', 'vnet', headerBytes], { netns: other?.name });
  await user.waitFor(new RegExp(`^${headerBytes}\n$`));
  await user.ended();
  const within = other === undefined ? [] : ['--netns', other.name];
  await done('offload', name, 'csum,tso4', ...within);
  await done('up', name, ...within);
  return name;
}
