import test from 'ava';
import {
  LAID_BYTES_MAX,
  LaidFrames,
  laidBytes,
  laneOf,
  markOf,
  NOT_LAID,
} from '../../../../src/cli/tx-inject/sending/laid-frames.js';
import { type OffloadWishes, PreparedFrame } from '../../../../src/cli/tx-inject/sending/prepared-frame.js';
import { HexSource } from '../../../../src/cli/tx-inject/sources/hex-source.js';
import { VirtioNetHeader } from '../../../../src/packet/headers/virtio-net-header.js';
import { FrameArena } from '../../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../../src/tap/memory/frame-burst.js';

const NOTHING: OffloadWishes = {
  stored: true,
  checksum: false,
  tcpSegmentBytes: undefined,
  udpSegmentBytes: undefined,
};
/** A UDP frame over IPv4. */
const UDP = Buffer.from(
  '0200000000020200000000010800450000220000400040117cc70a0000010a00000203e807d0000e0000010203050801',
  'hex',
);

/** Frames of all lengths from 1 byte on. */
const FRAMES = Array.from({ length: 80 }, (_, number) => new Uint8Array(1 + number).fill(number + 1));

/** The frames of a source, prepared one after the other. */
function* preparedFrames(frames: readonly Uint8Array[], wishes: OffloadWishes) {
  const source = new HexSource(frames);
  const prepared = new PreparedFrame(wishes);
  while (source.next()) {
    prepared.prepare(source);
    yield prepared;
  }
}

for (const headerBytes of [0, 10, 12, 24]) {
  test(`LaidFrames keeps frames of all lengths apart when headers have ${headerBytes} bytes`, (t) => {
    using arena = FrameArena.open(1, FRAMES.length, undefined, 32_768);
    const { store } = arena;
    store.bytes.fill(0xee, store.start);
    const laid = new LaidFrames(store, headerBytes, { count: FRAMES.length, byteCount: 0 });
    let index = 0;
    for (const prepared of preparedFrames(FRAMES, NOTHING)) {
      t.is(laid.noteOf(index), NOT_LAID);
      t.true(laid.lay(index, prepared, index % 256, index % 3));
      index += 1;
    }
    using burst = new FrameBurst(arena, headerBytes);
    for (const [number, frame] of FRAMES.entries()) {
      const note = laid.noteOf(number);
      t.deepEqual([laneOf(note), markOf(note)], [number % 256, number % 3]);
      t.true(burst.appendStored(laid.offsets[number]!, laid.lengths[number]!));
      t.deepEqual(Uint8Array.from(burst.frame(number)), frame);
      t.deepEqual(Uint8Array.from(burst.header(number)), new Uint8Array(headerBytes));
    }
    t.is(laid.noteOf(FRAMES.length), NOT_LAID);
    t.notThrows(() => burst.assertSendable());
    t.false(burst.appendStored(store.start + headerBytes, 1), 'the burst is full');
  });
}

test('LaidFrames lays the header of a frame that asks for work', (t) => {
  using arena = FrameArena.open(1, 2, undefined, 4096);
  const { store } = arena;
  const laid = new LaidFrames(store, 12, { count: 1, byteCount: UDP.length });
  const [prepared] = preparedFrames([UDP], { ...NOTHING, checksum: true });
  t.true(prepared!.hasHeader);
  t.true(laid.lay(0, prepared!, 0, 0));
  const offset = laid.offsets[0]!;
  t.deepEqual(store.bytes.slice(offset, offset + UDP.length), Uint8Array.from(prepared!.bytes));
  const header = new VirtioNetHeader(store.bytes, { size: 12 });
  header.moveTo(offset - 12);
  t.deepEqual(
    [header.flags, header.checksumStart, header.checksumOffset],
    [prepared!.header.flags, prepared!.header.checksumStart, prepared!.header.checksumOffset],
  );
  t.true(header.checksumStart > 0);
});

test('LaidFrames leaves a frame out when the store is full, and lays shorter ones that fit', (t) => {
  using arena = FrameArena.open(1, 2, undefined, 4096);
  const lengths = [3000, 2000, 1000, 500];
  const frames = lengths.map((length) => new Uint8Array(length).fill(7));
  const laid = new LaidFrames(arena.store, 12, { count: frames.length, byteCount: 6500 });
  const results = [...lengths.keys()].map(() => false);
  let index = 0;
  for (const prepared of preparedFrames(frames, NOTHING)) {
    results[index] = laid.lay(index, prepared, 0, 0);
    t.is(laid.noteOf(index) === NOT_LAID, !results[index]);
    index += 1;
  }
  t.deepEqual(results, [true, false, true, false]);
});

test('laidBytes is enough for all frames, and bounded however many there are', (t) => {
  const byteCount = FRAMES.reduce((sum, { length }) => sum + length, 0);
  using arena = FrameArena.open(1, 2, undefined, laidBytes({ count: FRAMES.length, byteCount }));
  const laid = new LaidFrames(arena.store, 24, { count: FRAMES.length, byteCount });
  let index = 0;
  for (const prepared of preparedFrames(FRAMES, NOTHING)) t.true(laid.lay(index++, prepared, 0, 0));
  t.is(laidBytes({ count: 2 ** 32, byteCount: 2 ** 50 }), LAID_BYTES_MAX);
  t.notThrows(() => new LaidFrames(arena.store, 12, { count: 2 ** 40, byteCount: 2 ** 50 }));
});
