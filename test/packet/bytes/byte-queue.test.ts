import test from 'ava';
import { ByteQueue } from '../../../src/packet/bytes/byte-queue.js';

/** The waiting bytes. */
function waiting(queue: ByteQueue): number[] {
  return [...queue.bytes.subarray(queue.start, queue.end)];
}

test('ByteQueue keeps bytes in order when they are taken in other pieces than they come', (t) => {
  const queue = new ByteQueue();
  queue.append(Uint8Array.of(1, 2, 3));
  queue.skip(2);
  queue.append(Uint8Array.of(4));
  t.deepEqual(waiting(queue), [3, 4]);
  t.is(queue.view.getUint8(queue.start), 3);
  t.is(queue.position, 2);
});

test('ByteQueue uses its first buffer, and asks before it overwrites what was taken', (t) => {
  const memory = new Uint8Array(16).subarray(4, 12);
  let reuses = 0;
  const queue = new ByteQueue(memory, () => {
    reuses += 1;
    t.deepEqual([...memory], [1, 2, 3, 4, 5, 6, 0, 0]);
  });
  queue.append(Uint8Array.of(1, 2, 3, 4, 5, 6));
  t.is(queue.bytes, memory);
  queue.skip(5);
  t.is(reuses, 0);
  queue.append(Uint8Array.of(7, 8, 9));
  t.is(reuses, 1);
  t.is(queue.bytes, memory);
  t.deepEqual(waiting(queue), [6, 7, 8, 9]);
});

test('ByteQueue leaves its first buffer as it is when that is too small', (t) => {
  const memory = new Uint8Array(4);
  const queue = new ByteQueue(memory, () => t.fail('nothing is overwritten'));
  queue.append(Uint8Array.of(1, 2, 3));
  queue.append(Uint8Array.of(4, 5, 6));
  t.not(queue.bytes, memory);
  t.deepEqual([...memory], [1, 2, 3, 0]);
  t.deepEqual(waiting(queue), [1, 2, 3, 4, 5, 6]);
});

test('ByteQueue takes bytes that were written into its room', (t) => {
  const queue = new ByteQueue(new Uint8Array(8));
  const room = queue.room(5);
  t.is(room.length, 5);
  room.set([1, 2, 3]);
  queue.fill(3);
  t.deepEqual(waiting(queue), [1, 2, 3]);
  t.is(queue.room(5).length, 5);
});

test('ByteQueue goes on behind the last input when it restarts, and comes back to its first buffer', (t) => {
  const memory = new Uint8Array(8);
  let reuses = 0;
  const queue = new ByteQueue(memory, () => {
    reuses += 1;
  });
  queue.append(Uint8Array.of(1, 2, 3));
  queue.skip(1);
  queue.restart();
  t.deepEqual([queue.length, queue.position, reuses], [0, 0, 0]);
  queue.append(Uint8Array.of(4, 5));
  t.deepEqual([...memory], [1, 2, 3, 4, 5, 0, 0, 0]);
  queue.append(new Uint8Array(20));
  t.not(queue.bytes, memory);
  queue.restart();
  t.is(queue.bytes, memory);
  t.deepEqual([queue.start, queue.end, reuses], [0, 0, 1]);
});
