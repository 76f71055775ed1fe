import test from 'ava';
import { longerQueue, queueMemory } from '../../../src/cli/device/longer-queue.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

test('queueMemory is what Linux 6.18 takes when a device goes up', (t) => {
  const measured: readonly (readonly [frames: number, mib: number])[] = [
    [500, 3],
    [1000, 6],
    [1024, 6],
    [1025, 12],
    [5000, 48],
    [20_000, 192],
    [50_000, 384],
  ];
  for (const [frames, mib] of measured) t.is(queueMemory(frames), mib * MIB, String(frames));
});

test('longerQueue is ten times as long, and never longer than every kernel takes', (t) => {
  t.is(longerQueue(10, 64 * GIB), 10_000);
  t.is(longerQueue(1000, 64 * GIB), 10_000);
  t.is(longerQueue(2000, 64 * GIB), 20_000);
  t.is(longerQueue(5000, 64 * GIB), 32_767);
  t.is(longerQueue(32_767, 64 * GIB), undefined);
  t.is(longerQueue(50_000, 64 * GIB), undefined);
});

test('longerQueue takes at most a quarter of the free memory', (t) => {
  for (const freeBytes of [20 * MIB, 48 * MIB, 100 * MIB, 400 * MIB, GIB]) {
    const frames = longerQueue(100, freeBytes);
    t.true(frames! > 100 && queueMemory(frames!) <= freeBytes / 4, `${frames} with ${freeBytes}`);
  }
  t.is(longerQueue(1000, 256 * MIB), 8192);
  t.is(longerQueue(1024, 24 * MIB), undefined);
  t.is(longerQueue(1000, 0), undefined);
});
