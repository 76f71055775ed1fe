import { constants } from 'node:os';
import test from 'ava';
import fc from 'fast-check';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { RECEIVED_FRAME_BYTES_MAX, SLOT_BYTES } from '../../../src/tap/memory/slot-layout.js';

const FRAMES = 4;
const HEADER_BYTES = 12;
const CACHE_LINE_BYTES = 64;

const arena = FrameArena.open(2, FRAMES);

/** A frame of `length` bytes that differs from all others. */
function makeFrame(length: number, first = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) & 0xff);
}

test.serial('FrameBurst takes frames until it is full', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  t.is(burst.framesMax, FRAMES);
  for (let index = 0; index < FRAMES; index++) t.true(burst.append(makeFrame(60, index)));
  t.is(burst.count, FRAMES);
  t.false(burst.append(makeFrame(60)));
  t.is(burst.count, FRAMES);
  for (let index = 0; index < FRAMES; index++) {
    t.deepEqual(Uint8Array.from(burst.frame(index)), makeFrame(60, index));
    t.is(burst.lengths[index], 60);
  }
});

test.serial('FrameBurst puts zeros in front of each frame when the memory held other frames before', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.bytes.fill(0xee);
  burst.append(makeFrame(60));
  burst.append(makeFrame(60));
  t.deepEqual(Uint8Array.from(burst.header(0)), new Uint8Array(HEADER_BYTES));
  t.deepEqual(Uint8Array.from(burst.header(1)), new Uint8Array(HEADER_BYTES));
  t.is(burst.bytes[burst.offsets[0]! + 60], 0xee, 'nothing behind it was written');
});

test.serial('FrameBurst has no room in front of frames when headers have no bytes', (t) => {
  using burst = new FrameBurst(arena, 0);
  burst.append(makeFrame(60));
  t.is(burst.header(0).length, 0);
  t.is(burst.offsets[0]! % CACHE_LINE_BYTES, 0);
});

test.serial('FrameBurst keeps frames whole, apart and in order when lengths are random', (t) => {
  const lengths = fc.array(fc.oneof(fc.nat(200), fc.constantFrom(RECEIVED_FRAME_BYTES_MAX, SLOT_BYTES)), {
    minLength: 1,
    maxLength: FRAMES,
  });
  fc.assert(
    fc.property(lengths, (wanted) => {
      using burst = new FrameBurst(arena, HEADER_BYTES);
      const frames = wanted.map((length, index) => makeFrame(length, index + 1));
      const taken = frames.filter((frame) => burst.append(frame));
      t.is(burst.count, taken.length);
      let free = 0;
      for (const [index, frame] of taken.entries()) {
        t.true(Buffer.compare(burst.frame(index), frame) === 0);
        const begin = burst.offsets[index]! - HEADER_BYTES;
        t.is(begin % CACHE_LINE_BYTES, 0);
        t.true(begin >= free);
        free = burst.offsets[index]! + frame.length;
      }
    }),
    { seed: 1, numRuns: 20 },
  );
});

test.serial('FrameBurst takes a frame over several slots when it is empty, but none beyond its end', (t) => {
  using first = new FrameBurst(arena, HEADER_BYTES);
  using second = new FrameBurst(arena, HEADER_BYTES);
  const largest = FRAMES * SLOT_BYTES - HEADER_BYTES;
  second.append(makeFrame(60, 7));
  t.false(first.append(makeFrame(largest + 1)));
  t.is(first.count, 0);
  t.true(first.append(makeFrame(largest)));
  t.false(first.append(new Uint8Array(0)), 'full by bytes');
  t.is(first.frame(0).at(-1), makeFrame(largest).at(-1));
  t.deepEqual(Uint8Array.from(second.frame(0)), makeFrame(60, 7), 'the other burst has what it had');
});

test.serial('FrameBurst takes an empty frame when one is appended', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  t.true(burst.append(new Uint8Array(0)));
  t.is(burst.frame(0).length, 0);
  t.is(burst.header(0).length, HEADER_BYTES);
});

test.serial('FrameBurst is empty, and begins at its beginning, when it is cleared', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.append(makeFrame(60));
  const [offset] = burst.offsets;
  burst.append(makeFrame(60));
  burst.clear();
  t.is(burst.count, 0);
  t.throws(() => burst.frame(0), { instanceOf: RangeError });
  burst.append(makeFrame(10));
  t.is(burst.offsets[0], offset);
});

test.serial('FrameBurst gives views of the arena when frames and headers are borrowed', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.append(makeFrame(60));
  burst.frame(0)[0] = 0xaa;
  burst.header(0)[1] = 0xbb;
  t.is(burst.frame(0)[0], 0xaa);
  t.is(burst.bytes[burst.offsets[0]! - HEADER_BYTES + 1], 0xbb);
  t.is(burst.frame(0).buffer, arena.memory.bytes.buffer);
  t.is(burst.address, arena.memory.address);
});

test.serial('FrameBurst throws a RangeError when there is no frame with an index', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.append(makeFrame(60));
  for (const index of [-1, 1, FRAMES, Number.NaN, Number.POSITIVE_INFINITY]) {
    const error = { instanceOf: RangeError, message: `cannot read frame ${index}: the burst holds 1` };
    t.throws(() => burst.frame(index), error);
    t.throws(() => burst.header(index), error);
    t.throws(() => burst.refusal(index), error);
  }
});

test.serial('FrameBurst names the errno when the kernel refused a frame', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.append(makeFrame(60));
  burst.append(makeFrame(60));
  burst.results[1] = -constants.errno.EMSGSIZE;
  t.is(burst.refusal(0), undefined);
  t.is(burst.refusal(1), 'EMSGSIZE');
});

test.serial('FrameBurst finds received frames by their slots when some slots gave none', (t) => {
  using burst = new FrameBurst(arena, HEADER_BYTES);
  burst.bytes.set(makeFrame(60, 5), burst.slots.offsetOf(2) + HEADER_BYTES);
  burst.setReceived(0, 2, 60);
  burst.setCount(1);
  t.is(burst.slots.offsetOf(2) - burst.slots.offsetOf(0), 2 * SLOT_BYTES);
  t.deepEqual(Uint8Array.from(burst.frame(0)), makeFrame(60, 5));
  t.throws(() => burst.frame(1), { instanceOf: RangeError });
});

test.serial('FrameBurst gives its room back once when it is disposed twice', (t) => {
  using first = new FrameBurst(arena, HEADER_BYTES);
  const second = new FrameBurst(arena, HEADER_BYTES);
  t.throws(() => new FrameBurst(arena, HEADER_BYTES), { instanceOf: RangeError });
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  t.is(second.count, 0);
  using third = new FrameBurst(arena, HEADER_BYTES);
  t.not(third.slots.offsetOf(0), first.slots.offsetOf(0));
  t.throws(() => new FrameBurst(arena, HEADER_BYTES), { instanceOf: RangeError });
});
