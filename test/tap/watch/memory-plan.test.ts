import test from 'ava';
import { PAGE_BYTES } from '../../../src/sys/mapped-memory.js';
import { planMemory } from '../../../src/tap/watch/memory-plan.js';

const MIB = 1024 * 1024;
const GSO_FRAME_BYTES = 65_549;

/** Bytes of all rings. */
function usedBytes(bytes: number | undefined, ringCount: number, spareCount: number): number {
  const { blockBytes, blockCount, spareBlockCount } = planMemory(bytes, { ringCount, spareCount });
  return blockBytes * (ringCount * blockCount + spareCount * spareBlockCount);
}

test('planMemory uses nearly all of the memory and no more', (t) => {
  for (const bytes of [1, 2, 16, 64, 1024].map((count) => count * MIB)) {
    for (const rings of [1, 2, 4]) {
      const used = usedBytes(bytes, rings, 5);
      t.true(used <= bytes && used > 0.75 * bytes, `${used} of ${bytes} for ${rings}`);
    }
  }
});

test('planMemory takes 16 MiB by default, and more for many queues, so that each block holds the longest frame', (t) => {
  t.true(usedBytes(undefined, 4, 5) <= 16 * MIB);
  for (const rings of [1, 4, 16, 128, 251]) {
    const { blockBytes, blockCount, spareBlockCount } = planMemory(undefined, {
      ringCount: rings,
      spareCount: 5,
    });
    t.true(blockBytes > GSO_FRAME_BYTES);
    t.true(blockCount >= 4 && spareBlockCount >= 4);
    t.is(blockBytes % PAGE_BYTES, 0);
  }
});

test('planMemory gives each ring two pages at least, or refuses', (t) => {
  const least = 2 * 9 * PAGE_BYTES;
  const plan = planMemory(least, { ringCount: 4, spareCount: 5 });
  t.deepEqual(plan, { blockBytes: PAGE_BYTES, blockCount: 2, spareBlockCount: 2 });
  t.throws(() => planMemory(least - 1, { ringCount: 4, spareCount: 5 }), {
    instanceOf: RangeError,
    message: `cannot watch with ${least - 1} bytes of memory: ${least} bytes (72 KiB) or more are needed`,
  });
});
