import test from 'ava';
import fc from 'fast-check';
import { PendingItems } from '../../../src/cli/output/pending-items.js';

/** The same, from a list of all items. */
class NaiveItems {
  readonly #lengths: number[] = [];
  #written = 0;

  queue(bytes: number): void {
    this.#lengths.push(bytes);
  }

  written(bytes: number): void {
    this.#written += bytes;
  }

  get waitingBytes(): number {
    return this.#lengths.reduce((sum, bytes) => sum + bytes, 0) - this.#written;
  }

  get unfinished(): number {
    let end = 0;
    let count = 0;
    for (const bytes of this.#lengths) {
      end += bytes;
      if (end > this.#written) count += 1;
    }
    return count;
  }

  get brokenBytes(): number {
    let begin = 0;
    for (const bytes of this.#lengths) {
      if (begin + bytes > this.#written) return this.#written - begin;
      begin += bytes;
    }
    return 0;
  }
}

test('PendingItems agrees with a naive model when items are queued and written', (t) => {
  const step = fc.oneof(
    fc.record({ queue: fc.nat(20) }),
    fc.record({ written: fc.nat(30) }),
    fc.constant({ written: Number.POSITIVE_INFINITY }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const items = new PendingItems();
      const naive = new NaiveItems();
      for (const given of steps) {
        if ('queue' in given) {
          items.queue(given.queue);
          naive.queue(given.queue);
        } else {
          const bytes = Math.min(given.written, naive.waitingBytes);
          items.written(bytes);
          naive.written(bytes);
        }
        if (items.unfinished !== naive.unfinished || items.brokenBytes !== naive.brokenBytes) return false;
      }
      return true;
    }),
    { seed: 1, numRuns: 500 },
  );
  t.pass();
});

test('PendingItems counts right when it has forgotten settled items', (t) => {
  const items = new PendingItems();
  const count = 200_000;
  for (let item = 0; item < count; item++) {
    items.queue(10);
    // Never all of it, so that settled items are kept.
    if (item > 0) items.written(10);
  }
  t.is(items.unfinished, 1);
  t.is(items.brokenBytes, 0);
  items.written(4);
  t.is(items.brokenBytes, 4);
  items.queue(10);
  t.is(items.unfinished, 2);
  items.written(16);
  t.is(items.unfinished, 0);
  t.is(items.brokenBytes, 0);
});

test('PendingItems keeps all waiting items when there are many', (t) => {
  const items = new PendingItems();
  for (let item = 0; item < 100_000; item++) items.queue(3);
  items.written(3 * 70_000 + 1);
  items.queue(3);
  t.is(items.unfinished, 30_001);
  t.is(items.brokenBytes, 1);
});

test('PendingItems counts no head or tail, but knows their broken bytes', (t) => {
  const items = new PendingItems();
  items.queueFraming(10);
  items.queue(5);
  items.queueFraming(10);
  t.is(items.unfinished, 1);
  items.written(4);
  t.deepEqual([items.unfinished, items.brokenBytes], [1, 4]);
  items.written(11);
  t.deepEqual([items.unfinished, items.brokenBytes], [0, 0]);
  items.written(1);
  t.deepEqual([items.unfinished, items.brokenBytes], [0, 1]);
  items.written(9);
  items.queue(1);
  t.is(items.unfinished, 1);
});
