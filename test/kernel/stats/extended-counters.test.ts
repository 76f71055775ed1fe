import { createSocket } from 'node:dgram';
import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { PacketSocket as SendingSocket } from '../../../src/sys/packet-socket.js';
import { setVnetHeaderBytes } from '../../../src/sys/tun.js';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { extendedStatistics } from '../../../src/tap/counters/extended-statistics.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { makeTap, openSumsBridge, openTap, patternOf, TCP_TEMPLATE } from '../offloading-tap.js';
import { PacketSocket, startPeer } from '../peer.js';
import { readLink } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

/** The shortest and the longest frame of each length class, and the name of the class. */
const LENGTHS: readonly (readonly [suffix: string, lengths: readonly number[]])[] = [
  ['size_64_packets', [14, 60, 63, 64]],
  ['size_65_to_127_packets', [65, 127]],
  ['size_128_to_255_packets', [128, 200, 255]],
  ['size_256_to_511_packets', [256, 511]],
  ['size_512_to_1023_packets', [512, 1023]],
  ['size_1024_to_1518_packets', [1024, 1514, 1518]],
  ['size_1519_to_9216_packets', [1519, 9216]],
  ['size_9217_to_max_packets', [9217, 10_014]],
];
const DESTINATIONS: Readonly<Record<string, string>> = {
  broadcast_packets: 'ffffffffffff',
  multicast_packets: '01005e000005',
  unicast_packets: '020000000009',
};
const KINDS = Object.keys(DESTINATIONS);

interface Sample {
  readonly frames: readonly Uint8Array[];
  /** The number of frames of each kind, by the suffix of the counter. */
  readonly counts: Readonly<Record<string, number>>;
  readonly bytes: number;
}

/** Frames of every length, and of one destination after the other. */
function makeSample(): Sample {
  const counts: Record<string, number> = {};
  const frames: Uint8Array[] = [];
  for (const [suffix, lengths] of LENGTHS) {
    counts[suffix] = lengths.length;
    for (const length of lengths) {
      const kind = KINDS[frames.length % KINDS.length]!;
      counts[kind] = (counts[kind] ?? 0) + 1;
      const frame = Buffer.alloc(length, 0x5a);
      frame.write(`${DESTINATIONS[kind]}02000000000188b5`, 'hex');
      frames.push(frame);
    }
  }
  return { frames, counts, bytes: frames.reduce((sum, { length }) => sum + length, 0) };
}

/** The extended counters of `name` that are not 0, without the sums over all queues. */
function present(name: string): Record<string, number> {
  const entries = Object.entries(extendedStatistics(readStatistics(name)));
  return Object.fromEntries(entries.filter(([key, value]) => /_q\d/.test(key) && value !== 0));
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([suffix, count]) => [prefix + suffix, count]));
}

/** Takes `count` frames from `device`. */
async function receive(device: TapDevice, count: number): Promise<void> {
  using burst = device.allocateBurst();
  let received = 0;
  await eventually(() => {
    received += device.queues[0]!.receive(burst);
    return received >= count;
  }, `${count} frames`);
}

for (const segmentBytes of [undefined, 128]) {
  const how = segmentBytes === undefined ? 'in one piece' : 'scattered';
  const name = segmentBytes === undefined ? 'whole0' : 'parts0';
  test.serial(`extendedStatistics counts what is received ${how} by length and destination`, async (t) => {
    makeTap(name, [], `link set ${name} mtu 10000`);
    using device = await openTap(name, segmentBytes === undefined ? {} : { segmentBytes });
    const { frames, counts, bytes } = makeSample();
    using socket = SendingSocket.open(readLink(name).index);
    for (const frame of frames) socket.send(frame);
    await receive(device, frames.length);
    t.deepEqual(present(name), {
      rx_q0_packets: frames.length,
      rx_q0_bytes: bytes,
      ...prefixed('rx_q0_', counts),
      rx_q0_checksum_unknown: frames.length,
    });
    t.like(ipLink(name).stats64.tx, { packets: frames.length, bytes });
  });
}

test.serial(
  'extendedStatistics counts what is sent by length and destination, in pieces or not',
  async (t) => {
    makeTap('send0', [], 'link set send0 mtu 10000');
    using device = await openTap('send0');
    const { frames, counts, bytes } = makeSample();
    const packetSocket = await PacketSocket.open('send0', 'in');
    using burst = device.allocateBurst();
    const memory = device.mapMemory(16_384);
    for (const pieces of [1, 2]) {
      for (const frame of frames) {
        burst.clear();
        memory.bytes.set(frame);
        // The first piece ends within the destination address.
        const segments = [memory.bytes.subarray(0, 3), memory.bytes.subarray(3, frame.length)];
        t.true(pieces === 1 ? burst.append(frame) : burst.appendSegments(segments));
        t.is(device.queues[0]!.send(burst), 1);
      }
    }
    const seen = await packetSocket.close();
    t.deepEqual(
      seen.map(({ hex }) => hex.length / 2),
      [...frames, ...frames].map(({ length }) => length),
    );
    const twice = Object.fromEntries(Object.entries(counts).map(([suffix, count]) => [suffix, 2 * count]));
    t.deepEqual(present('send0'), {
      tx_q0_packets: 2 * frames.length,
      tx_q0_bytes: 2 * bytes,
      ...prefixed('tx_q0_', twice),
      tx_q0_multiseg_packets: frames.length,
    });
  },
);

test.serial('extendedStatistics counts unfinished frames, and refusals by cause', async (t) => {
  makeTap('work0', []);
  using device = await openTap('work0');
  const queue = device.queues[0]!;
  using burst = device.allocateBurst();
  const frame = buildFrame(TCP_TEMPLATE);
  for (let count = 0; count < 3; count++) burst.append(frame);
  t.true(requestSegmentation(burst.frame(0), burst.facts(0), 1000));
  // A frame with an unfinished checksum alone.
  Object.assign(burst.facts(1), { flags: 1, checksumStart: 34, checksumOffset: 16 });
  burst.append(new Uint8Array(13));
  burst.append(frame);
  // A checksum that lies far outside of the frame.
  Object.assign(burst.facts(4), { flags: 1, checksumStart: 60_000, checksumOffset: 16 });
  t.is(queue.send(burst), 3);
  ip('link set work0 down');
  burst.clear();
  burst.append(frame);
  burst.append(frame);
  t.is(queue.send(burst), 0);
  t.deepEqual([burst.refusal(0), burst.refusal(1)], ['EIO', 'EIO']);
  queue.countRefused();
  t.deepEqual(present('work0'), {
    tx_q0_packets: 3,
    tx_q0_bytes: 3 * 5054,
    tx_q0_errors: 5,
    tx_q0_size_1519_to_9216_packets: 3,
    tx_q0_unicast_packets: 3,
    tx_q0_tso_packets: 1,
    tx_q0_checksum_offload: 2,
    tx_q0_short_errors: 1,
    tx_q0_bad_header_errors: 1,
    tx_q0_eio_errors: 2,
    tx_q0_too_long_errors: 1,
  });
});

test.serial('extendedStatistics counts frames that were cut, and not their kinds', async (t) => {
  makeTap('cut0', [], 'link set cut0 mtu 9000');
  using device = await openTap('cut0', { frameBytesMax: 1514 });
  using socket = SendingSocket.open(readLink('cut0').index);
  for (const length of [9000, 60, 1515, 1514]) socket.send(Uint8Array.from({ length }, () => 0xff));
  await receive(device, 2);
  t.deepEqual(present('cut0'), {
    rx_q0_packets: 2,
    rx_q0_bytes: 1574,
    rx_q0_errors: 2,
    rx_q0_truncated_errors: 2,
    rx_q0_size_64_packets: 1,
    rx_q0_size_1024_to_1518_packets: 1,
    rx_q0_broadcast_packets: 2,
    rx_q0_checksum_unknown: 2,
  });
});

test.serial(
  'extendedStatistics counts frames that are too short when the header size changes meanwhile',
  async (t) => {
    makeTap('short0', []);
    using other = TapDescriptor.attach('short0', { multiQueue: true });
    setVnetHeaderBytes(other.fd, 24, { action: 'set', object: 'short0' });
    using device = await openTap('short0', { share: true });
    other.detach();
    // From here on ten bytes of header come before a frame, and fourteen of it would be taken for the rest of the header.
    setVnetHeaderBytes(other.fd, 10, { action: 'set', object: 'short0' });
    using socket = SendingSocket.open(readLink('short0').index);
    for (const length of [14, 27, 28]) socket.send(Uint8Array.from({ length }, () => 0xff));
    const [queue] = device.queues;
    const burst = device.allocateBurst();
    await eventually(() => queue!.receive(burst) > 0 || queue!.unusable === 3, 'three unusable frames');
    // The last one is long enough, and is not handed out either.
    t.deepEqual(present('short0'), {
      rx_q0_errors: 3,
      rx_q0_short_errors: 2,
      rx_q0_bad_header_errors: 1,
    });
  },
);

test.serial(
  'extendedStatistics counts unfinished, merged and verified frames of the kernel separately',
  async (t) => {
    using owned = new Ownership();
    const device = await openSumsBridge(owned, ['csum', 'uso']);
    using burst = device.allocateBurst();
    while (device.queues[0]!.receive(burst) > 0);
    const before = present('sums0');
    const counts = (suffix: string) =>
      (present('sums0')[`rx_q0_${suffix}`] ?? 0) - (before[`rx_q0_${suffix}`] ?? 0);
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.send(patternOf(100), 7001, '10.7.0.2', resolve));
    socket.close();
    await receive(device, 1);
    const one = ['checksum_good', 'checksum_none', 'checksum_bad', 'lro_packets'].map(counts);
    t.deepEqual(one, [0, 1, 0, 0]);
    await startPeer('udp_segment.py', ['10.7.0.2', 7001, 700, 3000]).ended();
    await receive(device, 1);
    t.deepEqual(['checksum_none', 'lro_packets', 'size_1519_to_9216_packets'].map(counts), [2, 1, 1]);
    using left = SendingSocket.open(readLink('left0').index);
    left.send(buildFrame({ ...TCP_TEMPLATE, tcpFlags: 16, frameBytes: 100 }));
    await receive(device, 1);
    t.deepEqual(['checksum_good', 'checksum_none', 'checksum_bad'].map(counts), [1, 2, 0]);
    t.is(counts('packets'), 3);
    t.is(counts('unicast_packets'), 3);
  },
);
