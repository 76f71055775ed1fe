import test from 'ava';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { viewAt } from '../../../src/sys/pointer.js';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import type { SegmentMemory } from '../../../src/tap/memory/segment-memory.js';
import { FRAME_SEGMENTS_MAX } from '../../../src/tap/memory/send-chains.js';
import { SlotLayout } from '../../../src/tap/memory/slot-layout.js';
import { IOVEC_SIZE } from '../../../src/uring/iovec.js';

const FRAMES = 4;
const HEADER_BYTES = 12;
const SEGMENT_BYTES = 100;
const FRAME_BYTES_MAX = 1000;

const arena = FrameArena.open(2, FRAMES);
const scattered = FrameArena.open(
  2,
  FRAMES,
  new SlotLayout({ segmentBytes: SEGMENT_BYTES, frameBytesMax: FRAME_BYTES_MAX }),
);
const memory = mapIn(arena, 4096);
memory.bytes.set(Uint8Array.from({ length: 4096 }, (_, at) => at));

function mapIn(from: FrameArena, byteCount: number): SegmentMemory {
  return from.register.map(byteCount, () => undefined);
}

/** Returns what the kernel would get: address and length of each iovec. */
function chainOf(burst: FrameBurst, index: number): (readonly [number, number])[] {
  const count = burst.chainCounts[index]!;
  const view = new DataView(viewAt(BigInt(burst.chainAddress(index)), count * IOVEC_SIZE));
  return Array.from({ length: count }, (_, at) => [
    Number(view.getBigUint64(at * IOVEC_SIZE, true)),
    Number(view.getBigUint64(at * IOVEC_SIZE + 8, true)),
  ]);
}

test.serial('FrameBurst.facts stands on the header in front of each frame when there are headers', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.append(new Uint8Array(60));
  burst.append(new Uint8Array(60));
  const facts = burst.facts(1);
  t.true(facts instanceof VirtioNetHeader);
  facts.gsoBytes = 1460;
  facts.flags = 1;
  t.is(burst.facts(0), facts, 'one cursor');
  t.deepEqual([burst.facts(0).flags, burst.facts(1).flags, burst.facts(1).gsoBytes], [0, 1, 1460]);
  t.is(burst.header(1)[0], 1);
  t.is(burst.facts(1).size, HEADER_BYTES);
  t.false(burst.needsHeader(1), 'it has one');
  t.throws(() => burst.facts(2), { instanceOf: RangeError });
  burst.clear();
  burst.append(new Uint8Array(60));
  burst.append(new Uint8Array(60));
  t.is(burst.facts(1).gsoBytes, 0, 'a new frame begins with zeros');
});

test.serial('FrameBurst.facts stands on memory that is never sent when there are no headers', (t) => {
  using burst = new FrameBurst(arena, 0);
  for (let index = 0; index < FRAMES; index++) burst.append(new Uint8Array(60).fill(255));
  t.false(burst.needsHeader(1));
  burst.facts(1).flags = 1;
  burst.facts(2).gsoType = 5;
  const held = burst.facts(3);
  held.flags = 2;
  t.deepEqual(
    [0, 1, 2, 3].map((index) => burst.needsHeader(index)),
    [false, true, true, false],
  );
  t.is(burst.needsHeader(0) || held.flags, 2, 'the cursor stays where its borrower put it');
  t.true(burst.frame(1).every((byte) => byte === 255));
  burst.setReceived(0, 1, 60);
  burst.setReceived(1, 2, 60);
  burst.setCount(2);
  t.deepEqual([burst.facts(0).flags, burst.facts(1).flags], [0, 0]);
});

test.serial('FrameBurst gives the addresses of the pieces when segments are appended', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  const pieces = [
    memory.bytes.subarray(10, 20),
    memory.bytes.subarray(100, 100),
    memory.bytes.subarray(50, 55),
  ];
  burst.append(Uint8Array.of(7));
  t.true(burst.appendSegments(pieces));
  t.true(burst.append(Uint8Array.of(8)));
  t.deepEqual([burst.count, ...burst.lengths.subarray(0, 3)], [3, 1, 15, 1]);
  t.deepEqual(
    [0, 1].map((index) => burst.segmentCount(index)),
    [1, 3],
  );
  t.is(burst.segment(1, 2).buffer, memory.bytes.buffer);
  t.deepEqual([...burst.segment(1, 2)], [50, 51, 52, 53, 54]);
  t.deepEqual([...burst.frame(1)], [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 50, 51, 52, 53, 54]);
  t.deepEqual([...burst.frame(0), ...burst.frame(2)], [7, 8]);
  const start = arena.register.addressOf(memory.bytes);
  const header = burst.address + burst.offsets[1]! - HEADER_BYTES;
  t.deepEqual(chainOf(burst, 1), [
    [header, HEADER_BYTES],
    [start + 10, 10],
    [start + 100, 0],
    [start + 50, 5],
  ]);
  t.deepEqual([...burst.chainCounts.subarray(0, 3)], [0, 4, 0]);
  burst.facts(1).flags = 1;
  t.is(burst.header(1)[0], 1);
  for (const number of [-1, 3, Number.NaN]) {
    t.throws(() => burst.segment(1, number), {
      instanceOf: RangeError,
      message: `cannot read segment ${number}: the frame has 3`,
    });
  }
  burst.clear();
  burst.append(Uint8Array.of(1));
  burst.append(Uint8Array.of(2));
  t.deepEqual([burst.segmentCount(1), burst.chainCounts[1]], [1, 0]);
});

test.serial('FrameBurst has no iovec for the header when it has no headers', (t) => {
  using burst = new FrameBurst(arena, 0);
  t.true(burst.appendSegments([memory.bytes.subarray(1, 3), memory.bytes.subarray(5, 6)]));
  t.is(burst.chainCounts[0], 2);
  t.deepEqual([...burst.frame(0)], [1, 2, 5]);
  burst.facts(0).gsoType = 1;
  t.true(burst.needsHeader(0));
});

test.serial('FrameBurst throws for segments of other memory, none, or too many, and stays as it was', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  const disposed = mapIn(arena, 64);
  const view = disposed.bytes.subarray(0, 8);
  disposed[Symbol.dispose]();
  for (const foreign of [new Uint8Array(8), Buffer.from('frame'), view]) {
    t.throws(() => burst.appendSegments([memory.bytes.subarray(0, 8), foreign]), {
      instanceOf: TypeError,
      message:
        "cannot append segment 1: it is not in memory of this device's mapMemory; copy it there, or append the whole frame",
    });
  }
  for (const count of [0, FRAME_SEGMENTS_MAX + 1]) {
    t.throws(() => burst.appendSegments(Array<Uint8Array>(count).fill(memory.bytes.subarray(0, 1))), {
      instanceOf: RangeError,
      message: `cannot append a frame of ${count} segments: 1 to 1023 are possible`,
    });
  }
  t.is(burst.count, 0);
  const most = Array<Uint8Array>(FRAME_SEGMENTS_MAX).fill(memory.bytes.subarray(3, 4));
  for (let index = 0; index < FRAMES; index++) t.true(burst.appendSegments(most));
  t.false(burst.appendSegments(most), 'full');
  t.is(burst.lengths[3], FRAME_SEGMENTS_MAX);
  burst[Symbol.dispose]();
  t.false(burst.appendSegments([memory.bytes]));
});

test.serial('FrameBurst throws when the memory of a segment is disposed', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  const gone = mapIn(arena, 64);
  const other = mapIn(arena, 64);
  burst.appendSegments([gone.bytes]);
  other[Symbol.dispose]();
  t.notThrows(() => burst.assertSendable(), 'other memory');
  gone[Symbol.dispose]();
  gone[Symbol.dispose]();
  t.throws(() => burst.assertSendable(), {
    instanceOf: TypeError,
    message: 'cannot send "burst": the memory of a segment is disposed',
  });
  t.throws(() => burst.segment(0, 0), {
    instanceOf: TypeError,
    message: 'cannot read segment 0: its memory is disposed',
  });
  burst.clear();
  burst.appendSegments([memory.bytes]);
  t.notThrows(() => burst.assertSendable(), 'cleared');
});

/** Fills a chain as the kernel does: header, then the bytes of a frame, from one segment to the next. */
function receiveInto(burst: FrameBurst, slot: number, frameBytes: number): Uint8Array {
  const frame = Uint8Array.from({ length: frameBytes }, (_, at) => (at * 3 + slot) & 255);
  const whole = Uint8Array.from([...new Uint8Array(HEADER_BYTES).fill(9), ...frame]);
  const stride = scattered.slots.segmentStride;
  for (let at = 0; at < whole.length; at += SEGMENT_BYTES) {
    const place = burst.slots.offsetOf(slot) + (at / SEGMENT_BYTES) * stride;
    burst.bytes.set(whole.subarray(at, at + SEGMENT_BYTES), place);
  }
  return frame;
}

test.serial('FrameBurst joins the pieces when a frame has several segments', (t) => {
  using burst = new FrameBurst(scattered, HEADER_BYTES);
  // The frame ends with the last byte of a segment, with the first of the next, and within the first segment.
  const lengths = [
    SEGMENT_BYTES * 2 - HEADER_BYTES,
    SEGMENT_BYTES * 2 - HEADER_BYTES + 1,
    60,
    FRAME_BYTES_MAX,
  ];
  const frames = lengths.map((length, slot) => receiveInto(burst, slot, length));
  for (const [slot, length] of lengths.entries()) burst.setReceived(slot, slot, length);
  burst.setCount(4);
  t.deepEqual(
    lengths.map((_, index) => burst.segmentCount(index)),
    [2, 3, 1, 11],
  );
  for (const [index, frame] of frames.entries()) {
    t.deepEqual(Uint8Array.from(burst.frame(index)), frame);
    const pieces = Array.from({ length: burst.segmentCount(index) }, (_, at) => burst.segment(index, at));
    t.deepEqual(Buffer.concat(pieces), Buffer.from(frame));
    t.true(pieces.every(({ buffer }) => buffer === burst.bytes.buffer));
    t.is(burst.facts(index).flags, 9);
  }
  t.is(burst.segment(0, 0).length, SEGMENT_BYTES - HEADER_BYTES);
  t.is(burst.segment(1, 2).length, 1);
  t.false(burst.append(new Uint8Array(1)), 'nothing is appended to what was received');
  burst.clear();
  t.true(burst.append(new Uint8Array(1)));
});

test.serial(
  'FrameBurst gives the kernel chains one byte longer than header and frame, apart from each other',
  (t) => {
    using burst = new FrameBurst(scattered, HEADER_BYTES);
    receiveInto(burst, 1, 150);
    burst.setReceived(0, 1, 150);
    burst.setCount(1);
    const chain = () =>
      Array.from({ length: burst.slots.chainCount }, (_, at) => {
        const view = new DataView(
          viewAt(BigInt(burst.slots.chainAddress(burst.slots.chainStart(1)) + at * IOVEC_SIZE), IOVEC_SIZE),
        );
        return [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))] as const;
      });
    const whole = chain();
    t.is(
      whole.reduce((sum, [, length]) => sum + length, 0),
      HEADER_BYTES + FRAME_BYTES_MAX + 1,
    );
    for (const [at, [base]] of whole.entries()) {
      if (at > 0) t.true(base > whole[at - 1]![0] + SEGMENT_BYTES);
    }
    burst.trimChains(true);
    t.deepEqual(
      chainOf(burst, 0).map(([, length]) => length),
      [100, 62],
    );
    burst.trimChains(false);
    t.deepEqual(chain(), whole);
  },
);

test.serial('FrameArena has room to send the largest frame when its slots are small', (t) => {
  using small = FrameArena.open(1, 1, new SlotLayout({ frameBytesMax: 60 }));
  using burst = new FrameBurst(small, HEADER_BYTES);
  t.true(burst.append(new Uint8Array(65_539)));
});

/** A view of the first 8 bytes of the memory that says something else of itself. */
function forgedView(facts: object): Uint8Array {
  return Object.defineProperties(
    memory.bytes.subarray(0, 8),
    Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }])),
  );
}

test.serial('FrameBurst takes the bytes that a view has, not those that its properties name', (t) => {
  for (const facts of [
    { byteOffset: 2 ** 20, byteLength: 2 ** 20, length: 2 ** 20 },
    { byteOffset: -4096 },
    { byteLength: -1, length: Number.NaN },
  ]) {
    using burst = new FrameBurst(arena, HEADER_BYTES);
    t.true(burst.appendSegments([forgedView(facts)]));
    t.is(burst.lengths[0], 8);
    const sent = burst.segment(0, 0);
    t.deepEqual([sent.byteOffset, sent.byteLength], [memory.bytes.byteOffset, 8]);
  }
});

test.serial('FrameBurst throws a TypeError for what is no view of bytes of mapped memory', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  const { buffer } = memory.bytes;
  const others = [
    forgedView({ buffer: new ArrayBuffer(8) }),
    new Proxy(memory.bytes, {}),
    new Uint32Array(buffer, 0, 2),
    new DataView(buffer, 0, 8),
    { buffer, byteOffset: 0, byteLength: 8, length: 8 },
    Object.assign(new Uint8Array(8), {}),
  ];
  for (const [index, other] of others.entries()) {
    if (index === 0) t.true(burst.appendSegments([other as Uint8Array]), 'its own buffer counts');
    else t.throws(() => burst.appendSegments([other as never]), { instanceOf: TypeError }, String(index));
  }
});

test.serial('FrameBurst takes appended frames in one piece when it kept none of the received ones', (t) => {
  using burst = new FrameBurst(scattered, HEADER_BYTES);
  receiveInto(burst, 0, 150);
  burst.setReceived(0, 0, 150);
  burst.setCount(1);
  t.is(burst.keepRefused([]), 0);
  t.true(burst.append(Uint8Array.of(1)));
  t.is(burst.chainCounts[0], 0);
  t.deepEqual([...burst.frame(0)], [1]);
});

for (const length of [-HEADER_BYTES, -1, 60, 250, 5000]) {
  test.serial(`FrameBurst changes no chain when the program gives its frame ${length} bytes`, (t) => {
    using burst = new FrameBurst(scattered, HEADER_BYTES);
    for (const slot of [0, 1]) burst.setReceived(slot, slot, 150);
    burst.setCount(2);
    const lengths = () =>
      Array.from({ length: FRAMES * burst.slots.chainCount }, (_, iovec) => {
        const view = new DataView(viewAt(BigInt(burst.slots.chainAddress(iovec)), IOVEC_SIZE));
        return Number(view.getBigUint64(8, true));
      });
    const whole = lengths();
    burst.lengths[1] = length;
    t.throws(() => burst.trimChains(true), { instanceOf: RangeError });
    t.deepEqual(lengths(), whole);
  });
}
