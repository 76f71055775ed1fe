import test from 'ava';
import fc from 'fast-check';
import { QueueOrder } from '../../../src/tap/hold/queue-order.js';

/** The queues by index, as __tun_detach() and tun_attach() of drivers/net/tun.c keep them. */
class KernelQueues {
  readonly order: number[];

  constructor(count: number) {
    this.order = Array.from({ length: count }, (_, queue) => queue);
  }

  detach(queue: number): void {
    const at = this.order.indexOf(queue);
    this.order[at] = this.order.at(-1)!;
    this.order.pop();
  }

  attach(queue: number): void {
    this.order.push(queue);
  }
}

test('QueueOrder tells nothing of queues that have their numbers', (t) => {
  t.is(QueueOrder.regular(3).indexes, undefined);
  t.deepEqual(QueueOrder.regular(3).plan(new Set()), []);
});

test('QueueOrder follows queues that are detached and attached', (t) => {
  const order = QueueOrder.regular(3);
  order.detach(0);
  t.deepEqual(order.indexes, [-1, 1, 0]);
  order.attach(0);
  t.deepEqual(order.indexes, [2, 1, 0]);
  order.detach(1);
  t.deepEqual(order.indexes, [1, -1, 0]);
  t.deepEqual(QueueOrder.ofIndexes([1, -1, 0]).indexes, [1, -1, 0]);
});

test('a plan brings each queue to its place', (t) => {
  const moves = fc.array(fc.nat({ max: 6 }), { maxLength: 20 });
  fc.assert(
    fc.property(moves, (queues) => {
      const order = QueueOrder.regular(7);
      const kernel = new KernelQueues(7);
      for (const queue of queues) {
        for (const each of [order, kernel]) each.detach(queue);
        for (const each of [order, kernel]) each.attach(queue);
      }
      for (const queue of order.plan(new Set())!) {
        kernel.detach(queue);
        kernel.attach(queue);
      }
      t.deepEqual(kernel.order, [0, 1, 2, 3, 4, 5, 6]);
    }),
  );
});

test('a plan detaches no queue with a reader, and none in vain', (t) => {
  const order = QueueOrder.regular(4);
  order.detach(0);
  order.attach(0);
  // Queues 3 and 0 have changed places.
  t.deepEqual(order.plan(new Set([1, 2])), [3]);
  t.deepEqual(order.plan(new Set([0])), [3]);
  t.is(order.plan(new Set([3])), undefined);
});
