import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import {
  BURST_FRAMES,
  checksumState,
  completeChecksum,
  FRAME_SEGMENTS_MAX,
  prepareChecksum,
  ReceiveLoop,
  requestSegmentation,
  SEGMENT_BYTES_MIN,
  Segmentation,
  type SegmentMemory,
  TapDevice,
  VIRTIO_NET_HDR_GSO_NONE,
  VirtioNetHeader,
} from '../../../src/index.js';
import { privateCounters, TX_PACKETS } from '../../../src/tap/counters/counter-table.js';
import { TapDescriptor } from '../../../src/tap/link/tap-descriptor.js';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { QueueWriting } from '../../../src/tap/queue/queue-writing.js';
import { Ring } from '../../../src/uring/ring.js';
import { eventually } from '../deadline.js';
import { makeTap, openTap, patternOf } from '../offloading-tap.js';
import { PacketSocket } from '../peer.js';
import { markedFrame } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test.serial('a frame of mapped segments leaves between the others of its burst, in order', async (t) => {
  makeTap('mapped0', []);
  using device = await openTap('mapped0');
  using memory = device.mapMemory(8000);
  memory.bytes.set(markedFrame(0, 14));
  memory.bytes.set(patternOf(7986), 14);
  using burst = device.allocateBurst();
  const wanted: Buffer[] = [];
  for (let round = 0; round < 3; round++) {
    burst.clear();
    while (burst.count < BURST_FRAMES) {
      const mark = burst.count;
      if (mark % 3 === 0) burst.append(markedFrame(mark));
      else {
        const pieces = Array.from({ length: mark }, (_, at) => memory.bytes.subarray(20 * at, 20 * at + 13));
        burst.appendSegments([memory.bytes.subarray(0, 14), ...pieces]);
      }
      if (round === 2) wanted.push(Buffer.from(burst.frame(mark)));
    }
    const packetSocket = await PacketSocket.open('mapped0', 'in');
    t.is(device.queues[0]!.send(burst), BURST_FRAMES);
    const seen = await packetSocket.close();
    t.is(seen.length, BURST_FRAMES);
    if (round === 2)
      t.deepEqual(
        seen.map(({ hex }) => hex),
        wanted.map((frame) => frame.toString('hex')),
      );
  }
});

test.serial('a frame of 1,023 segments leaves whole', async (t) => {
  makeTap('pieces0', []);
  using device = await openTap('pieces0');
  const memory = device.mapMemory(40 * FRAME_SEGMENTS_MAX);
  memory.bytes.set(patternOf(memory.bytes.length));
  memory.bytes.set(markedFrame(0, 14));
  using burst = device.allocateBurst();
  const segments = Array.from({ length: FRAME_SEGMENTS_MAX }, (_, at) =>
    memory.bytes.subarray(40 * at, 40 * at + 39),
  );
  burst.appendSegments(segments);
  const packetSocket = await PacketSocket.open('pieces0', 'in');
  t.is(device.queues[0]!.send(burst), 1);
  const [seen] = await packetSocket.close();
  t.true(seen!.hex === Buffer.concat(segments).toString('hex'));
});

test.serial(
  'QueueWriting sends pieces and whole frames when the kernel knows no writes that never wait',
  async (t) => {
    makeTap('old1', []);
    using arena = FrameArena.open(1, 8);
    using ring = Ring.open(8);
    using tap = TapDescriptor.attach('old1');
    const fileSlot = ring.registerFile(tap.fd);
    using burst = new FrameBurst(arena, tap.headerBytes);
    using memory = arena.register.map(64, () => undefined);
    memory.bytes.set(markedFrame(2));
    burst.append(markedFrame(1));
    burst.appendSegments([memory.bytes.subarray(0, 30), memory.bytes.subarray(30)]);
    burst.append(markedFrame(3));
    const counters = privateCounters();
    const writing = new QueueWriting({
      ...{ ring, tap, counters, fileSlot },
      ...{ registered: false, nowait: false, gone: false },
    });
    const packetSocket = await PacketSocket.open('old1', 'in');
    await eventually(() => writing.write(burst) === 3, 'the device to be up');
    const seen = await packetSocket.close();
    const wanted = [1, 2, 3].map((mark) => Buffer.from(markedFrame(mark)).toString('hex'));
    t.deepEqual(
      seen.slice(-3).map(({ hex }) => hex),
      wanted,
    );
    t.is(counters[TX_PACKETS], 3);
  },
);

test.serial(
  'TapDevice accepts segments of its own memory alone, and the error for others says what to do',
  (t) => {
    makeTap('own0', []);
    makeTap('own1', []);
    using device = TapDevice.open('own0');
    using other = TapDevice.open('own1');
    using burst = device.allocateBurst();
    const foreign = other.mapMemory(64);
    t.throws(() => burst.appendSegments([foreign.bytes]), {
      instanceOf: TypeError,
      message: /not in memory of this device's mapMemory; copy it there/,
    });
    for (const byteCount of [0, -1, 1.5, Number.NaN, 2 ** 30 + 1, 2 ** 33]) {
      t.throws(() => device.mapMemory(byteCount), {
        instanceOf: RangeError,
        message: `cannot map ${byteCount} bytes: 1 to 1073741824 are possible`,
      });
    }
    device[Symbol.dispose]();
    t.throws(() => device.mapMemory(64), { instanceOf: TypeError, message: /it is closed$/ });
  },
);

/** Weak references to what is used and given back while the device lives on. */
function useAndGiveBack(device: TapDevice): WeakRef<Disposable>[] {
  const burst: FrameBurst = device.allocateBurst();
  const memory: SegmentMemory = device.mapMemory(4096);
  burst.appendSegments([memory.bytes]);
  burst[Symbol.dispose]();
  memory[Symbol.dispose]();
  const receiver = { framesWanted: () => 1, onBurst: () => {}, onGone: () => {} };
  const loop = new ReceiveLoop(device, device.queues, receiver);
  loop[Symbol.dispose]();
  return [burst, memory, loop].map((resource) => new WeakRef<Disposable>(resource));
}

test.serial('TapDevice forgets bursts, memory and loops that were disposed before it', async (t) => {
  makeTap('forget0', []);
  using device = await openTap('forget0');
  const references = Array.from({ length: 50 }, () => useAndGiveBack(device)).flat();
  await eventually(() => {
    collect();
    return references.every((reference) => reference.deref() === undefined);
  }, 'the collector to find all of them');
  t.is(device.queues.length, 1);
});

test('the library carries header facts, scattered frames and offload requests', (t) => {
  const functions = [checksumState, completeChecksum, prepareChecksum, requestSegmentation];
  t.true(functions.every((one) => typeof one === 'function'));
  t.deepEqual([FRAME_SEGMENTS_MAX, SEGMENT_BYTES_MIN, VIRTIO_NET_HDR_GSO_NONE], [1023, 64, 0]);
  t.is(new VirtioNetHeader(new Uint8Array(12), { size: 12 }).gsoType, VIRTIO_NET_HDR_GSO_NONE);
  t.false(new Segmentation().next());
});
