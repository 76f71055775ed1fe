import test from 'ava';
import { SQE_SIZE } from '../../src/uring/sqe.js';
import { SubmissionQueue } from '../../src/uring/submission-queue.js';

const ENTRIES = 4;

/** A queue on ordinary memory, whose words stand at `position` already. */
function queueAt(position: number) {
  const words = {
    tail: Uint32Array.of(position),
    shown: Uint32Array.of(position),
    kernelTail: Uint32Array.of(position),
  };
  return {
    queue: new SubmissionQueue(new ArrayBuffer(ENTRIES * SQE_SIZE), words),
    words,
    tailWord: words.tail,
  };
}

test('SubmissionQueue has as many entries as SQEs fit', (t) => {
  const { queue } = queueAt(0);
  t.is(queue.entries, ENTRIES);
  t.is(queue.words.byteLength, ENTRIES * SQE_SIZE);
});

test('SubmissionQueue takes entries in a circle when it begins at 0', (t) => {
  const { queue } = queueAt(0);
  t.deepEqual([queue.take(), queue.take(), queue.take(), queue.take(), queue.take()], [0, 1, 2, 3, 0]);
});

test('SubmissionQueue shows liburing no entry until it publishes', (t) => {
  const { queue, tailWord } = queueAt(7);
  queue.take();
  queue.take();
  t.is(queue.pending, 2);
  t.is(tailWord[0], 7);
  queue.publish();
  t.is(tailWord[0], 9);
});

test('SubmissionQueue takes entries as they are when they were filled before', (t) => {
  const { queue, tailWord } = queueAt(0xfffffffe);
  for (let entry = 0; entry < ENTRIES; entry++) queue.words.fill(entry + 1, queue.take() * 16, 16);
  const filled = [...queue.words];
  t.deepEqual([queue.next, queue.taken], [2, ENTRIES]);
  queue.publish();
  queue.consume(ENTRIES);
  queue.takeMore(ENTRIES);
  t.deepEqual([queue.next, queue.taken, queue.pending, tailWord[0]], [2, 2 * ENTRIES, 4, 2]);
  queue.publish();
  t.is(tailWord[0], 6);
  t.deepEqual([...queue.words], filled);
});

test('SubmissionQueue keeps an entry pending until the kernel has taken it', (t) => {
  const { queue } = queueAt(0xfffffffe);
  for (let entry = 0; entry < 3; entry++) queue.take();
  queue.publish();
  t.is(queue.pending, 3);
  queue.consume(2);
  t.is(queue.pending, 1);
  queue.take();
  t.is(queue.pending, 2);
  queue.consume(2);
  t.is(queue.pending, 0);
});

test('SubmissionQueue withdraws what the kernel has not taken, from liburing and from the kernel', (t) => {
  const { queue, words } = queueAt(0xfffffffe);
  for (let entry = 0; entry < 4; entry++) queue.take();
  queue.publish();
  // liburing shows all four to the kernel, which takes three.
  words.shown[0] = 2;
  words.kernelTail[0] = 2;
  queue.consume(3);
  queue.withdraw();
  t.is(queue.pending, 0);
  t.deepEqual([words.tail[0], words.shown[0], words.kernelTail[0]], [1, 1, 1]);
  t.is(queue.taken, 4, 'an entry that was withdrawn is counted');
  t.is(queue.take(), 1, 'the entry that was withdrawn comes again');
});

test('SubmissionQueue withdraws nothing when the kernel has taken everything', (t) => {
  const { queue, words } = queueAt(7);
  queue.take();
  queue.publish();
  queue.consume(1);
  words.shown[0] = 8;
  words.kernelTail[0] = 8;
  queue.withdraw();
  t.deepEqual([words.tail[0], words.shown[0], words.kernelTail[0]], [8, 8, 8]);
});

test('SubmissionQueue goes on at 0 when its tail passes 0xffffffff', (t) => {
  const { queue, tailWord } = queueAt(0xfffffffe);
  t.deepEqual([queue.take(), queue.take(), queue.take()], [2, 3, 0]);
  t.is(queue.pending, 3);
  queue.publish();
  t.is(tailWord[0], 1);
  queue.consume(3);
  t.is(queue.take(), 1);
  t.is(queue.pending, 1);
});

test('SubmissionQueue publishes 0xffffffff and 0 unchanged when a burst ends there', (t) => {
  const { queue, tailWord } = queueAt(0xfffffffe);
  queue.take();
  queue.publish();
  t.is(tailWord[0], 0xffffffff);
  queue.consume(1);
  queue.take();
  t.is(queue.pending, 1);
  queue.publish();
  t.is(tailWord[0], 0);
});
