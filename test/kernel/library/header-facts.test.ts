import { createSocket } from 'node:dgram';
import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { type ChecksumState, checksumState } from '../../../src/packet/offload/checksum-state.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import { Ownership } from '../../../src/sys/ownership.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import { setVnetHeaderBytes } from '../../../src/sys/tun.js';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import type { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { sumTransport } from '../../packet/offload/transport-checksum.js';
import { eventually } from '../deadline.js';
import { makeTap, openSumsBridge, openTap, patternOf, TCP_TEMPLATE, USER_MAC } from '../offloading-tap.js';
import { startPeer } from '../peer.js';
import { readLink } from '../ring-tap.js';
import { VnetPacketSocket } from '../vnet-packet.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const GSO_UDP_L4 = 5;

interface Received {
  readonly frame: Buffer;
  readonly checksum: ChecksumState;
  readonly gsoType: number;
  readonly gsoBytes: number;
}

/** The frames to UDP or TCP port `port` that `device` receives, until `count` of them are there. */
async function receivePort(device: TapDevice, port: number, count: number): Promise<Received[]> {
  const received: Received[] = [];
  using burst = device.allocateBurst();
  await eventually(() => {
    device.queues[0]!.receive(burst);
    for (let index = 0; index < burst.count; index++) {
      const frame = Buffer.from(burst.frame(index));
      if (frame.length < 38 || frame.readUInt16BE(36) !== port) continue;
      const facts = burst.facts(index);
      received.push({
        frame,
        checksum: checksumState(facts),
        gsoType: facts.gsoType,
        gsoBytes: facts.gsoBytes,
      });
    }
    return received.length >= count;
  }, `${count} frames to port ${port}`);
  return received;
}

for (const headerBytes of [10, 12, 24]) {
  test.serial(
    `TapDevice passes header fields both ways when headers have ${headerBytes} bytes`,
    async (t) => {
      const name = `size${headerBytes}`;
      makeTap(name, ['csum', 'tso4', 'uso'], `addr add 10.8.${headerBytes}.1/24 dev ${name}`);
      ip(`neigh add 10.8.${headerBytes}.2 lladdr ${USER_MAC} dev ${name} nud permanent`);
      using other = TapDescriptor.attach(name, { multiQueue: true });
      setVnetHeaderBytes(other.fd, headerBytes, { action: 'set', object: name });
      other[Symbol.dispose]();
      for (const segmentBytes of [undefined, 128]) {
        using device = await openTap(name, segmentBytes === undefined ? {} : { segmentBytes });
        t.is(device.queues[0]!.headerBytes, headerBytes);
        using burst = device.allocateBurst();
        const frame = buildFrame(TCP_TEMPLATE);
        burst.append(frame);
        t.is(burst.facts(0).size, headerBytes);
        t.true(requestSegmentation(burst.frame(0), burst.facts(0), 1000));
        const packetSocket = await VnetPacketSocket.open(name, 'in');
        t.is(device.queues[0]!.send(burst), 1);
        const [seen] = await packetSocket.close();
        const facts = new VirtioNetHeader(seen!.header);
        t.deepEqual([facts.flags, facts.gsoType, facts.gsoBytes, facts.checksumStart], [1, 1, 1000, 34]);
        burst[Symbol.dispose]();
        await sendDatagrams(`10.8.${headerBytes}.2`, 7000, { segmentBytes: 700, byteCount: 3000 });
        const [received] = await receivePort(device, 7000, 1);
        t.like(received, { checksum: 'partial', gsoType: GSO_UDP_L4, gsoBytes: 700 });
        t.is(received!.frame.length, 42 + 3000);
      }
    },
  );
}

test.serial(
  'TapQueue refuses unfinished frames and sends the others when the device has no header',
  async (t) => {
    makeTap('bare0', []);
    using other = TapDescriptor.attach('bare0', { multiQueue: true, vnetHeader: false });
    t.is(other.headerBytes, 0);
    using device = await openTap('bare0', { share: true });
    const [queue] = device.queues;
    t.is(queue!.headerBytes, 0);
    using burst = device.allocateBurst();
    const memory = device.mapMemory(5054);
    memory.bytes.set(buildFrame(TCP_TEMPLATE));
    const small = buildFrame({ ...TCP_TEMPLATE, frameBytes: 100 });
    burst.append(small);
    burst.append(buildFrame(TCP_TEMPLATE));
    burst.appendSegments([memory.bytes.subarray(0, 60), memory.bytes.subarray(60, 100)]);
    burst.appendSegments([memory.bytes]);
    burst.append(small.subarray(0, 10));
    burst.append(small);
    t.true(requestSegmentation(burst.frame(1), burst.facts(1), 1000));
    burst.facts(3).flags = 1;
    const packetSocket = await VnetPacketSocket.open('bare0', 'in');
    t.is(queue!.send(burst), 3);
    t.deepEqual(
      [0, 1, 2, 3, 4, 5].map((index) => burst.refusal(index)),
      [undefined, 'EOPNOTSUPP', undefined, 'EOPNOTSUPP', 'EINVAL', undefined],
    );
    const seen = await packetSocket.close();
    t.deepEqual(
      seen.map(({ frame }) => frame.toString('hex')),
      [small, memory.bytes.subarray(0, 100), small].map((bytes) => Buffer.from(bytes).toString('hex')),
    );
    const counts = { txPackets: 3, txErrors: 3, txBytes: 300, txShort: 1, txBadHeader: 2, txMultiSegment: 1 };
    t.like(readStatistics('bare0').queues[0], counts);
    other.detach();
    using socket = PacketSocket.open(readLink('bare0').index);
    socket.send(small);
    await eventually(() => queue!.receive(burst) === 1, 'a frame');
    t.deepEqual([burst.facts(0).flags, burst.facts(0).gsoType, burst.header(0).length], [0, 0, 0]);
    t.deepEqual(Uint8Array.from(burst.frame(0)), small);
  },
);

test.serial(
  'checksumState distinguishes finished, verified and unfinished frames of the kernel',
  async (t) => {
    using owned = new Ownership();
    const device = await openSumsBridge(owned, ['csum']);
    await sendDatagrams('10.7.0.2', 7001, { byteCount: 100 });
    const [unfinished] = await receivePort(device, 7001, 1);
    t.is(unfinished!.checksum, 'partial');
    t.not(sumTransport(unfinished!.frame), 0xffff);
    using socket = PacketSocket.open(readLink('left0').index);
    socket.send(buildFrame({ ...TCP_TEMPLATE, tcpFlags: 16, frameBytes: 100 }));
    const [verified] = await receivePort(device, 40_001, 1);
    t.is(verified!.checksum, 'good');
    t.is(sumTransport(verified!.frame), 0xffff);
    using direct = PacketSocket.open(readLink('sums0').index);
    direct.send(buildFrame({ ...TCP_TEMPLATE, destinationPort: 40_002, frameBytes: 100 }));
    const [unknown] = await receivePort(device, 40_002, 1);
    t.is(unknown!.checksum, 'unknown');
  },
);

test.serial('checksumState is unknown, and checksums are right, when the device has no csum', async (t) => {
  makeTap('plain0', [], 'addr add 10.6.0.1/24 dev plain0');
  ip(`neigh add 10.6.0.2 lladdr ${USER_MAC} dev plain0 nud permanent`);
  using device = await openTap('plain0');
  await sendDatagrams('10.6.0.2', 7002, { segmentBytes: 500, byteCount: 1500 });
  const received = await receivePort(device, 7002, 3);
  t.deepEqual(
    received.map(({ checksum, gsoType }) => [checksum, gsoType]),
    Array(3).fill(['unknown', 0]),
  );
  t.true(received.every(({ frame }) => frame.length === 542 && sumTransport(frame) === 0xffff));
});

/** Sends through the kernel's UDP. If `segmentBytes` is given, one call hands over datagrams of that size. */
async function sendDatagrams(
  address: string,
  port: number,
  { segmentBytes, byteCount }: { readonly segmentBytes?: number; readonly byteCount: number },
): Promise<void> {
  if (segmentBytes !== undefined) {
    const { code, stderr } = await startPeer('udp_segment.py', [
      address,
      port,
      segmentBytes,
      byteCount,
    ]).ended();
    if (code !== 0) throw new Error(stderr);
    return;
  }
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.send(patternOf(byteCount), port, address, resolve));
  socket.close();
}
