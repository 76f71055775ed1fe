import test from 'ava';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { RECEIVED_FRAME_BYTES_MAX, SLOT_BYTES } from '../../../src/tap/memory/slot-layout.js';
import { HEADER_BYTES_MAX } from '../../../src/tap/state/limits.js';

const CACHE_LINE_BYTES = 64;

test('SLOT_BYTES has room for the largest frame and one byte more when it is an odd number of cache lines', (t) => {
  t.true(SLOT_BYTES >= HEADER_BYTES_MAX + RECEIVED_FRAME_BYTES_MAX + 1);
  t.is((SLOT_BYTES / CACHE_LINE_BYTES) % 2, 1);
});

test('FrameArena maps zeroed room for its bursts when it is opened', (t) => {
  using arena = FrameArena.open(2, 4);
  t.is(arena.framesPerBurst, 4);
  t.is(arena.memory.bytes.byteLength, 8 * SLOT_BYTES);
  t.is(arena.memory.address % CACHE_LINE_BYTES, 0);
  t.true(arena.memory.bytes.every((byte) => byte === 0));
  t.false(arena.registered);
});

test('FrameArena hands out each burst once', (t) => {
  using arena = FrameArena.open(3, 2);
  const offsets = [arena.take(), arena.take(), arena.take()];
  t.deepEqual(
    offsets.sort((a, b) => a - b),
    [0, 2 * SLOT_BYTES, 4 * SLOT_BYTES],
  );
  const full = {
    instanceOf: RangeError,
    message: 'cannot allocate a burst: the arena has no room for another one',
  };
  t.throws(() => arena.take(), full);
  arena.give(2 * SLOT_BYTES);
  t.is(arena.take(), 2 * SLOT_BYTES);
  t.throws(() => arena.take(), full);
});

test('FrameArena throws when more than 64 MiB are wanted', (t) => {
  const framesMax = Math.floor((64 * 1024 * 1024) / SLOT_BYTES);
  t.notThrows(() => FrameArena.open(1, framesMax)[Symbol.dispose]());
  t.throws(() => FrameArena.open(1, framesMax + 1), {
    instanceOf: RangeError,
    message: `cannot map ${(framesMax + 1) * SLOT_BYTES} bytes for frames: at most 67108864`,
  });
});

test('FrameArena is unmapped once when it is disposed twice', (t) => {
  const arena = FrameArena.open(1, 1);
  arena[Symbol.dispose]();
  t.notThrows(() => arena[Symbol.dispose]());
});
