import test from 'ava';
import fc from 'fast-check';
import { ZstdFrames } from '../../../src/cli/input/zstd-frames.js';

/** What zstd(1) 1.5.4 makes of text, of text with --no-check, and of 300,000 zeros, three blocks. */
const FRAMES = [
  '28b52ffd04584d00001861626301007a6e08e9b4e405',
  '28b52ffd0058190000616263',
  '28b52ffd04585400001000000100fbff39c00202001000039f04002d28de26',
].map((hex) => Buffer.from(hex, 'hex'));
/** A frame that readers pass over, with three bytes. */
const SKIPPABLE = Buffer.from('5a2a4d1803000000aabbcc', 'hex');
const ALL = Buffer.concat([FRAMES[0]!, SKIPPABLE, FRAMES[1]!, FRAMES[2]!]);

/** Lets `frames` take all of `bytes`, which come by `size`. Returns where it is complete. */
function boundaries(bytes: Uint8Array, size: number): number[] {
  const frames = new ZstdFrames();
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = frames.take(bytes.subarray(at, at + size));
    if (count === 0) throw new Error(`nothing taken at ${at}`);
    at += count;
    if (frames.complete) ends.push(at);
  }
  return ends;
}

test('ZstdFrames is complete behind each frame and nowhere else, whatever the bytes come by', (t) => {
  const ends = [22, 33, 45, 76];
  t.is(ends.at(-1), ALL.length);
  for (const size of [1, 2, 3, 7, 1000]) t.deepEqual(boundaries(ALL, size), ends, String(size));
});

test('ZstdFrames takes no part of a second frame with the first', (t) => {
  const frames = new ZstdFrames();
  let taken = 0;
  while (!frames.complete || taken === 0) taken += frames.take(ALL.subarray(taken));
  t.is(taken, FRAMES[0]!.length);
});

test('ZstdFrames takes 0 bytes when no frame begins where one must', (t) => {
  t.is(new ZstdFrames().take(Buffer.from('notzstd')), 0);
  const frames = new ZstdFrames();
  for (let at = 0; at < FRAMES[1]!.length; ) at += frames.take(FRAMES[1]!.subarray(at));
  t.is(frames.take(Buffer.from('rubbish')), 0);
});

test('ZstdFrames takes at least a byte or refuses when the bytes are random', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (random) => {
      const frames = new ZstdFrames();
      const bytes = Buffer.concat([ALL.subarray(0, 5), random]);
      for (let at = 0; at < bytes.length; ) {
        const count = frames.take(bytes.subarray(at));
        if (count === 0) return;
        at += count;
      }
    }),
  );
  t.pass();
});
