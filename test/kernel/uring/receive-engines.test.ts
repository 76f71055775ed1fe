import { writeFileSync } from 'node:fs';
import test from 'ava';
import { BenchDevice } from '../../../src/measure/bench-device.js';
import { BurstReads } from '../../../src/measure/engines/burst-reads.js';
import { MultishotReads } from '../../../src/measure/engines/multishot-reads.js';
import { PostedReads } from '../../../src/measure/engines/posted-reads.js';
import {
  type EngineParts,
  type ReceiveEngine,
  UnsupportedEngine,
} from '../../../src/measure/engines/receive-engine.js';
import { Offering } from '../../../src/measure/threads/flood.js';
import { FrameOrder } from '../../../src/measure/threads/frame-order.js';
import { Halt } from '../../../src/measure/threads/halt.js';
import { sendFrames } from '../../../src/measure/threads/transmission.js';
import { EventDescriptor } from '../../../src/sys/event-descriptor.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { PacketRing } from '../../../src/sys/packet-ring.js';
import { openedSince, openFiles } from '../../open-files.js';
import { serialIfAble } from '../able.js';
import { eventually } from '../deadline.js';
import { ipLinks } from '../ip-link.js';
import { attachTap } from '../ring-tap.js';

enterNewNetworkNamespace();
// The kernel then sends nothing by itself.
writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');

const QUEUES = 2;
/** Ten batches: fewer than a queue has room for, more than an engine has buffers. */
const FRAMES = 640;
const BURSTS = { burstFrames: 32, fixed: true, busyPoll: false };

const ENGINES: readonly (readonly [name: string, make: (parts: EngineParts) => ReceiveEngine])[] = [
  ['BurstReads', (parts) => new BurstReads(parts, BURSTS)],
  ['BurstReads of plain memory', (parts) => new BurstReads(parts, { ...BURSTS, fixed: false })],
  ['BurstReads that polls', (parts) => new BurstReads(parts, { ...BURSTS, busyPoll: true })],
  ['PostedReads', (parts) => PostedReads.open(parts, { depth: 64, fixed: true })],
  ['PostedReads of plain memory', (parts) => PostedReads.open(parts, { depth: 64, fixed: false })],
  ['MultishotReads', (parts) => MultishotReads.open(parts, 256)],
];

function offer(device: BenchDevice, frames: number): void {
  using offering = new Offering({ ifindex: device.ifindex, frameBytes: 64, flows: 16 });
  while (offering.offered < frames) offering.turn();
}

/** Why this machine has no multishot reads; undefined if it has them. */
function findMissing(): string | undefined {
  using tap = attachTap('probe0');
  using wake = new EventDescriptor();
  const parts = { taps: [{ fd: tap.fd, headerBytes: 0 }], taker: new FrameOrder(), wakeFd: wake.fd };
  try {
    using _engine = MultishotReads.open(parts, 8);
    return undefined;
  } catch (error) {
    if (error instanceof UnsupportedEngine) return `MultishotReads: ${error.message}`;
    throw error;
  }
}

const multishot = serialIfAble(findMissing());

for (const [name, make] of ENGINES) {
  const declare = name === 'MultishotReads' ? multishot : test.serial;
  declare(`${name} takes every frame of two queues when many wait, and releases everything`, async (t) => {
    const before = openFiles();
    const taker = new FrameOrder();
    {
      using device = await BenchDevice.make(QUEUES, false);
      using wake = new EventDescriptor();
      offer(device, FRAMES);
      {
        using engine = make({ taps: device.taps, taker, wakeFd: wake.fd });
        while (engine.drain());
      }
      t.deepEqual([taker.received, taker.foreign], [FRAMES, 0]);
      t.is(device.counts.missed, 0);
    }
    t.deepEqual(openedSince(before), []);
    const gone = () => ipLinks().every(({ ifname }) => !ifname.startsWith('bench'));
    await eventually(gone, 'the end of the device');
  });

  declare(`${name} returns from its sleep when a frame comes, and when it is woken`, async (t) => {
    const taker = new FrameOrder();
    using device = await BenchDevice.make(1, false);
    using wake = new EventDescriptor();
    using engine = make({ taps: device.taps, taker, wakeFd: wake.fd });
    offer(device, 64);
    while (taker.received < 64) engine.turn();
    wake.signal();
    engine.turn();
    t.deepEqual([taker.received, taker.outOfOrder], [64, 0]);
  });
}

test.serial('PostedReads closes when all its reads are in flight', async (t) => {
  const before = openFiles();
  {
    using device = await BenchDevice.make(1, false);
    using wake = new EventDescriptor();
    using engine = PostedReads.open(
      { taps: device.taps, taker: new FrameOrder(), wakeFd: wake.fd },
      { depth: 64, fixed: true },
    );
    t.false(engine.drain(), 'nothing has come: 64 reads wait');
  }
  t.deepEqual(openedSince(before), []);
});

test.serial('sendFrames sends so many frames, numbered, when a packet socket looks', async (t) => {
  using device = await BenchDevice.make(1, false);
  using witness = new PacketRing(device.ifindex, 1024);
  using halt = new Halt();
  const [taps = []] = device.share(1);
  const engine = { burstFrames: 32, fixed: true };
  const timing = { warmMs: 0, durationMs: 0 };
  const sent = sendFrames({ kind: 'send', taps, engine, frameBytes: 1500, timing, frameCount: 640, halt });
  const order = new FrameOrder({ byStream: true });
  for (; witness.next(); witness.release()) order.take(witness.bytes, witness.offset, witness.length, 0);
  t.like(sent, { accepted: 640, refused: 0 });
  t.deepEqual([order.received, order.outOfOrder, order.foreign], [640, 0, 0]);
  t.is(device.counts.received, 640);
});
