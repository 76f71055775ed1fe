import { Worker } from 'node:worker_threads';
import test from 'ava';
import { FrameBudget } from '../../../src/tap/forward/frame-budget.js';
import { withDeadline } from '../../kernel/deadline.js';

test('FrameBudget reserves everything when there is no limit', (t) => {
  const budget = new FrameBudget(undefined);
  t.is(budget.reserve(256), 256);
  budget.settle(256, 256);
  t.false(budget.spent);
});

test('FrameBudget reserves what is left, and frees what did not come', (t) => {
  const budget = new FrameBudget(FrameBudget.allocate(10));
  t.is(budget.reserve(8), 8);
  t.is(budget.reserve(8), 2);
  t.is(budget.reserve(8), 0);
  budget.settle(8, 0);
  t.is(budget.reserve(8), 8);
  budget.settle(2, 2);
  t.false(budget.spent);
  budget.settle(8, 8);
  t.true(budget.spent);
  t.is(budget.reserve(1), 0);
});

test('FrameBudget is spent when frames were taken, not when they were reserved', (t) => {
  const budget = new FrameBudget(FrameBudget.allocate(1));
  t.is(budget.reserve(1), 1);
  t.false(budget.spent);
  budget.settle(1, 1);
  t.true(budget.spent);
});

test('FrameBudget counts up to the largest exact number', (t) => {
  const memory = FrameBudget.allocate(Number.MAX_SAFE_INTEGER);
  const [one, other] = [new FrameBudget(memory), new FrameBudget(memory)];
  const half = 2 ** 52;
  one.settle(one.reserve(half), half);
  t.is(other.reserve(half), half - 1);
  other.settle(half - 1, half - 1);
  t.true(one.spent);
});

/** Takes all that it gets, or a part of it, until the budget is spent. Returns how much that was. */
const TAKER = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.compiler).then(async () => {
  const { FrameBudget } = await import(workerData.source);
  const budget = new FrameBudget(workerData.memory);
  let sum = 0;
  for (let round = 0; !budget.spent; round++) {
    const reserved = budget.reserve(8);
    const taken = round % 3 === 0 ? reserved >> 1 : reserved;
    budget.settle(reserved, taken);
    sum += taken;
  }
  parentPort.postMessage(sum);
});`;

test('FrameBudget lets several threads take exactly its frames', async (t) => {
  const frames = 100_003;
  const memory = FrameBudget.allocate(frames);
  const workerData = {
    memory,
    compiler: new URL('../../../build/typescript.mjs', import.meta.url).href,
    source: new URL('../../../src/tap/forward/frame-budget.ts', import.meta.url).href,
  };
  const takers = [0, 1, 2].map(
    () =>
      new Promise<number>((resolve, reject) => {
        const worker = new Worker(TAKER, { eval: true, workerData });
        worker.once('message', resolve);
        worker.once('error', reject);
      }),
  );
  const sums = await withDeadline(Promise.all(takers), 'three threads', 60_000);
  t.is(
    sums.reduce((sum, count) => sum + count, 0),
    frames,
  );
});
