import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import {
  privateCounters,
  RX_ERRORS,
  RX_PACKETS,
  RX_TRUNCATED,
} from '../../../src/tap/counters/counter-table.js';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { SlotLayout } from '../../../src/tap/memory/slot-layout.js';
import { QueueReading } from '../../../src/tap/queue/queue-reading.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { Ring } from '../../../src/uring/ring.js';
import { ip } from '../../netlink/iproute2.js';
import { withTags } from '../../packet/offload/longer-headers.js';
import { eventually } from '../deadline.js';
import { makeTap, openTap, patternOf, untilFlowing } from '../offloading-tap.js';
import { PacketSocket as SeeingSocket } from '../peer.js';
import { markedFrame, readLink } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';
import { writeTcp } from './tcp-frame.js';

enterWorkspace();

const HEADER_BYTES = 10;
const LRO_BYTES_MAX = 65_535;
const SEGMENT_BYTES = 1448;

/** TCP over IPv6. */
const SIX: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:02'),
  destinationMac: parseMacAddress('02:00:00:00:00:03'),
  source: parseIpAddress('2001:db8::1'),
  destination: parseIpAddress('2001:db8::2'),
  tcpFlags: 0x10,
  payload: patternOf(59_926),
  frameBytes: 60_000,
};

function frameOf(length: number): Uint8Array {
  const frame = markedFrame(1, length);
  frame.set(patternOf(length - 14), 14);
  return frame;
}

/** A TCP frame over IPv4, to be cut into pieces of SEGMENT_BYTES: its checksum is not yet there. */
function lroFrame(length: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set(patternOf(length - 54), 54);
  writeTcp(frame, {
    destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 3),
    source: [10, 9, 0, 1],
    destination: [10, 9, 0, 2],
    ...{ sourcePort: 5, destinationPort: 6, sequence: 1, acknowledged: 1, flags: 16 },
    payloadBytes: length - 54,
  });
  return frame;
}

/** The first `count` frames that `device` receives, whole and in pieces. */
async function receive(device: TapDevice, count: number) {
  const received: { frame: Buffer; segments: number[]; gsoType: number; gsoBytes: number }[] = [];
  using burst = device.allocateBurst();
  const look = () => {
    device.queues[0]!.receive(burst);
    for (let index = 0; index < burst.count; index++) {
      const pieces = Array.from({ length: burst.segmentCount(index) }, (_, at) => burst.segment(index, at));
      const frame = Buffer.from(burst.frame(index));
      if (!Buffer.concat(pieces).equals(frame)) throw new Error('the pieces are not the frame');
      const { gsoType, gsoBytes } = burst.facts(index);
      received.push({ frame, segments: pieces.map(({ length }) => length), gsoType, gsoBytes });
    }
    return received.length >= count;
  };
  await eventually(look, () => `${count} frames, ${received.length} are there`);
  return received;
}

test.serial('TapDevice receives 9,000 and 65,535 bytes whole through segments of 256 bytes', async (t) => {
  makeTap('scatter0', [], 'link set scatter0 mtu 65521');
  using device = await openTap('scatter0', { segmentBytes: 256 });
  const lengths = [60, 256 - HEADER_BYTES, 256 - HEADER_BYTES + 1, 1514, 9000, 65_535];
  const frames = lengths.map(frameOf);
  using socket = PacketSocket.open(readLink('scatter0').index);
  for (const frame of frames) socket.send(frame);
  const received = await receive(device, frames.length);
  for (const [index, { frame, segments }] of received.entries()) {
    t.true(frame.equals(frames[index]!), `${lengths[index]} bytes`);
    t.is(segments.length, Math.ceil((lengths[index]! + HEADER_BYTES) / 256));
    t.is(segments[0], Math.min(lengths[index]!, 256 - HEADER_BYTES));
    t.true(segments.slice(1, -1).every((length) => length === 256));
  }
  t.like(readStatistics('scatter0').queues[0], { rxPackets: 6, rxErrors: 0, rxTruncated: 0 });
});

test.serial(
  'TapDevice receives LRO frames whole when they have 65,535 bytes, or 65,539 with a VLAN tag, TCP and UDP',
  async (t) => {
    makeTap('largest0', ['csum', 'tso4', 'tso6', 'uso']);
    // With its tag inside, a frame is above the kernel's limit (65,536) and gets cut. A bridge delivers it with the tag beside it.
    makeTap('feeder0', [], 'link add over0 type bridge mcast_snooping 0', 'link set over0 up');
    ip('link set largest0 master over0', 'link set feeder0 master over0');
    using feeder = await openTap('feeder0');
    const frames = [
      lroFrame(LRO_BYTES_MAX),
      withTags(lroFrame(LRO_BYTES_MAX), 0x8100),
      buildFrame(SIX),
      buildFrame({ ...SIX, protocol: 'udp' }),
    ];
    for (const options of [{}, { segmentBytes: 256 }, { segmentBytes: 65 }]) {
      using device = await openTap('largest0', options);
      await untilFlowing(feeder, device);
      using burst = feeder.allocateBurst();
      for (const [index, frame] of frames.entries()) {
        burst.append(frame);
        t.true(requestSegmentation(burst.frame(index), burst.facts(index), SEGMENT_BYTES));
      }
      const sent = frames.map((_, index) => Buffer.from(burst.frame(index)));
      t.is(feeder.queues[0]!.send(burst), 4);
      const received = await receive(device, 4);
      t.deepEqual(
        received.map(({ frame, gsoType, gsoBytes }) => [frame.length, gsoType, gsoBytes]),
        [
          [65_535, 1, SEGMENT_BYTES],
          [65_539, 1, SEGMENT_BYTES],
          [60_000, 4, SEGMENT_BYTES],
          [60_000, 5, SEGMENT_BYTES],
        ],
      );
      t.true(received.every(({ frame }, index) => frame.equals(sent[index]!)));
    }
  },
);

test.serial(
  'TapDevice counts frames longer than their buffer as truncated and returns none of them',
  async (t) => {
    makeTap('cut0', [], 'link set cut0 mtu 9000');
    let truncated = 0;
    for (const segmentBytes of [undefined, 256]) {
      const options = segmentBytes === undefined ? {} : { segmentBytes };
      using device = await openTap('cut0', { frameBytesMax: 1514, ...options });
      const frames = [9000, 60, 1515, 1514].map(frameOf);
      using socket = PacketSocket.open(readLink('cut0').index);
      for (const frame of frames) socket.send(frame);
      const received = await receive(device, 2);
      t.true(received[0]!.frame.equals(frames[1]!));
      t.true(received[1]!.frame.equals(frames[3]!));
      t.is(received.length, 2);
      truncated += 2;
      t.like(readStatistics('cut0').queues[0], {
        rxPackets: truncated,
        rxErrors: truncated,
        rxTruncated: truncated,
      });
    }
  },
);

test.serial('TapDevice refuses a segment too small before it attaches a queue', (t) => {
  makeTap('small0', []);
  t.throws(() => TapDevice.open('small0', { segmentBytes: 64 }), {
    instanceOf: RangeError,
    message: /the smallest possible are 65 bytes$/,
  });
  t.throws(() => TapDevice.open('small0', { segmentBytes: 10, frameBytesMax: 1514 }), {
    instanceOf: RangeError,
  });
  t.is(readLink('small0').tun?.queues, 0);
});

test.serial(
  'QueueReading reads into segments by readv when the kernel knows no reads that never wait',
  (t) => {
    makeTap('old0', [], 'link set old0 mtu 9000');
    for (const segmentBytes of [undefined, 256]) {
      const options = segmentBytes === undefined ? {} : { segmentBytes };
      using arena = FrameArena.open(1, 8, new SlotLayout({ frameBytesMax: 9000, ...options }));
      using ring = Ring.open(8);
      using tap = TapDescriptor.attach('old0');
      using burst = new FrameBurst(arena, tap.headerBytes);
      const counters = privateCounters();
      const port = { ring, tap, counters, fileSlot: 0, registered: false, nowait: false, gone: false };
      const reading = new QueueReading(port, 9000);
      t.is(reading.read(burst, 8), 0);
      const frames = [60, 9001, 9000, 500].map(frameOf);
      using socket = PacketSocket.open(readLink('old0').index);
      for (const frame of frames) socket.send(frame);
      t.is(reading.read(burst, 8), 3);
      burst.setCount(3);
      const received = [0, 1, 2].map((index) => Buffer.from(burst.frame(index)));
      t.deepEqual(
        received,
        [frames[0]!, frames[2]!, frames[3]!].map((frame) => Buffer.from(frame)),
      );
      t.is(burst.segmentCount(1), segmentBytes === undefined ? 1 : 36);
      t.deepEqual([counters[RX_PACKETS], counters[RX_ERRORS], counters[RX_TRUNCATED]], [3, 1, 1]);
    }
  },
);

test.serial('TapQueue sends what it received scattered, header and all, without a copy', async (t) => {
  makeTap('bounce0', [], 'link set bounce0 mtu 9000');
  using device = await openTap('bounce0', { segmentBytes: 100 });
  using burst = device.allocateBurst();
  const [queue] = device.queues;
  const frames = [9000, 60, 200, 190, 5000].map(frameOf);
  using socket = PacketSocket.open(readLink('bounce0').index);
  for (let round = 0; round < 2; round++) {
    for (const frame of frames) socket.send(frame);
    const packetSocket = await SeeingSocket.open('bounce0', 'in');
    let sent = 0;
    while (queue!.receive(burst) > 0) sent += queue!.send(burst);
    t.is(sent, frames.length);
    const seen = await packetSocket.close();
    t.deepEqual(
      seen.map(({ hex }) => hex),
      frames.map((frame) => Buffer.from(frame).toString('hex')),
      `round ${round}: chains are whole again after sending`,
    );
  }
});

test.serial('TapQueue sends nothing when the memory of a segment is disposed', async (t) => {
  makeTap('gone0', []);
  using device = await openTap('gone0');
  using burst = device.allocateBurst();
  const [queue] = device.queues;
  const memory = device.mapMemory(60);
  memory.bytes.set(frameOf(60));
  burst.append(frameOf(60));
  burst.appendSegments([memory.bytes.subarray(0, 14), memory.bytes.subarray(14)]);
  t.is(queue!.send(burst), 2);
  memory[Symbol.dispose]();
  t.throws(() => queue!.send(burst), { instanceOf: TypeError, message: /memory of a segment is disposed$/ });
  burst.clear();
  burst.append(frameOf(60));
  t.is(queue!.send(burst), 1);
  t.like(readStatistics('gone0').queues[0], { txPackets: 3, txErrors: 0 });
});

test.serial('TapQueue receives again when it was asked for no frame before', async (t) => {
  makeTap('none0', []);
  using device = await openTap('none0', { segmentBytes: 256 });
  using burst = device.allocateBurst();
  const [queue] = device.queues;
  using socket = PacketSocket.open(readLink('none0').index);
  burst.append(frameOf(60));
  t.is(queue!.receive(burst, 0), 0);
  t.is(burst.count, 0, 'what it held is gone');
  for (const length of [60, 61, 62]) socket.send(frameOf(length));
  t.is(queue!.receive(burst, 1), 1);
  t.is(queue!.receive(burst), 2);
  t.deepEqual([...burst.lengths.subarray(0, 2)], [61, 62]);
});
