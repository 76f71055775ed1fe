import test from 'ava';
import { HandedFrames } from '../../../src/tap/memory/handed-frames.js';

const FRAMES_MAX = 5;

/** Fills everything that a burst has with numbers that no other burst has. */
function fill(frames: HandedFrames, base: number): void {
  frames.count = base;
  frames.refused = base + 1;
  frames.accepted = base + 2;
  frames.sentMs = base + 0.5;
  for (const array of [frames.offsets, frames.lengths, frames.chainCounts, frames.results])
    for (let index = 0; index < FRAMES_MAX; index++) array[index] = base + index;
  for (let index = 0; index < FRAMES_MAX; index++) frames.chainAddresses[index] = 2 ** 47 + base + index;
}

function contentOf(frames: HandedFrames) {
  const { count, refused, accepted, sentMs, offsets, lengths, chainCounts, results, chainAddresses } = frames;
  return {
    ...{ count, refused, accepted, sentMs },
    arrays: [offsets, lengths, chainCounts, results, chainAddresses].map((array) => [...array]),
  };
}

test('HandedFrames has room of its own for each burst, which two threads see', (t) => {
  const memory = HandedFrames.allocate(3, FRAMES_MAX);
  const views = [0, 1, 2].map((index) => new HandedFrames(memory, index, FRAMES_MAX));
  for (const [index, frames] of views.entries()) fill(frames, 100 * (index + 1));
  views[1]!.gone = true;
  // As the other thread sees them.
  const others = [0, 1, 2].map((index) => new HandedFrames(memory, index, FRAMES_MAX));
  t.deepEqual(
    others.map(({ gone }) => gone),
    [false, true, false],
  );
  for (const [index, frames] of others.entries()) {
    const alone = new HandedFrames(HandedFrames.allocate(1, FRAMES_MAX), 0, FRAMES_MAX);
    fill(alone, 100 * (index + 1));
    t.deepEqual(contentOf(frames), contentOf(alone));
  }
  t.throws(() => new HandedFrames(memory, 3, FRAMES_MAX), { instanceOf: RangeError });
});
