import test from 'ava';
import { SQE_SIZE } from '../../src/uring/sqe.js';
import { SubmissionQueue } from '../../src/uring/submission-queue.js';

const ENTRIES = 4;

/** A queue on ordinary memory, whose tail stands at `tail` already. */
function queueAt(tail: number): { queue: SubmissionQueue; tailWord: Uint32Array } {
  const tailWord = Uint32Array.of(tail);
  return { queue: new SubmissionQueue(new ArrayBuffer(ENTRIES * SQE_SIZE), tailWord), tailWord };
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

test('SubmissionQueue shows liburing nothing until it publishes', (t) => {
  const { queue, tailWord } = queueAt(7);
  queue.take();
  queue.take();
  t.is(queue.pending, 2);
  t.is(tailWord[0], 7);
  queue.publish();
  t.is(queue.pending, 0);
  t.is(tailWord[0], 9);
});

test('SubmissionQueue goes on at 0 when its tail passes 0xffffffff', (t) => {
  const { queue, tailWord } = queueAt(0xfffffffe);
  t.deepEqual([queue.take(), queue.take(), queue.take()], [2, 3, 0]);
  t.is(queue.pending, 3);
  queue.publish();
  t.is(tailWord[0], 1);
  t.is(queue.take(), 1);
  t.is(queue.pending, 1);
});

test('SubmissionQueue publishes 0xffffffff and 0 as they are when a burst ends there', (t) => {
  const { queue, tailWord } = queueAt(0xfffffffe);
  queue.take();
  queue.publish();
  t.is(tailWord[0], 0xffffffff);
  queue.take();
  t.is(queue.pending, 1);
  queue.publish();
  t.is(tailWord[0], 0);
});
