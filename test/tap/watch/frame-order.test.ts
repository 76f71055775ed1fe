import test from 'ava';
import { FrameOrder } from '../../../src/tap/watch/frame-order.js';

/** The list as pairs, from the first frame that is left. */
function listed({ times, places, first, end }: FrameOrder): [number, number][] {
  return Array.from({ length: end - first }, (_, at) => [times[first + at]!, places[first + at]!]);
}

function orderOf(...times: readonly number[]): FrameOrder {
  const order = new FrameOrder();
  for (const [place, time] of times.entries()) order.add(time, place);
  order.sort();
  return order;
}

test('FrameOrder puts runs in the order of time', (t) => {
  t.deepEqual(listed(orderOf()), []);
  t.deepEqual(listed(orderOf(7)), [[7, 0]]);
  t.deepEqual(
    listed(orderOf(1, 4, 9, 2, 3, 8, 0, 5)).map(([time]) => time),
    [0, 1, 2, 3, 4, 5, 8, 9],
  );
});

test('FrameOrder keeps the order of frames of one time', (t) => {
  t.deepEqual(listed(orderOf(5, 5, 1, 5, 1)), [
    [1, 2],
    [1, 4],
    [5, 0],
    [5, 1],
    [5, 3],
  ]);
});

test('FrameOrder merges what was left with what is added', (t) => {
  const order = orderOf(1, 5, 9);
  order.first = 1;
  t.is(order.count, 2);
  order.add(4, 10);
  order.add(6, 11);
  order.sort();
  t.deepEqual(
    listed(order).map(([time]) => time),
    [4, 5, 6, 9],
  );
  order.first = order.end;
  t.is(order.count, 0);
  order.add(3, 12);
  order.sort();
  t.deepEqual(listed(order), [[3, 12]]);
});

test('FrameOrder sorts any number of frames as Array.sort does', (t) => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  const order = new FrameOrder();
  for (let round = 0; round < 4; round++) {
    const before = listed(order);
    const added = Array.from({ length: 5000 }, (_, at): [number, number] => [
      random() % 900,
      round * 5000 + at,
    ]);
    for (const [time, place] of added) order.add(time, place);
    order.sort();
    const wanted = [...before, ...added].sort(([left], [right]) => left - right);
    t.deepEqual(listed(order), wanted);
    order.first += 2000;
  }
});
