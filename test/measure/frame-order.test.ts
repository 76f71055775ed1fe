import test from 'ava';
import fc from 'fast-check';
import { FrameOrder } from '../../src/measure/threads/frame-order.js';
import { makeNumberedFrame, numberFrame, STAMP_AT } from '../../src/measure/threads/numbered-frames.js';
import { readStamp } from '../../src/packet/generate/stamp.js';
import { stampOffset } from '../../src/packet/generate/stamp-place.js';
import { summarizeFrame } from '../../src/packet/summary/frame-summary.js';

interface Arrival {
  readonly sequence: number;
  readonly stream?: number;
  readonly queue?: number;
}

/** Returns the counts for frames that arrive in this order. */
function findingsOf(arrivals: readonly Arrival[], byStream = false) {
  const order = new FrameOrder({ byStream });
  const frame = makeNumberedFrame(64, 0);
  const view = new DataView(frame.buffer);
  for (const { sequence, stream = 0, queue = 0 } of arrivals) {
    numberFrame(view, 0, stream, sequence);
    order.take(frame, 0, frame.length, queue);
  }
  return { received: order.received, outOfOrder: order.outOfOrder, foreign: order.foreign };
}

const inOrder = (...sequences: number[]) => sequences.map((sequence) => ({ sequence }));

test('makeNumberedFrame makes a UDP datagram of its flow with a stamp', (t) => {
  const frame = makeNumberedFrame(64, 0);
  numberFrame(new DataView(frame.buffer), 0, 7, 2 ** 40 + 5);
  t.is(summarizeFrame(frame, frame.length), 'IP 192.0.2.1.10007 > 192.0.2.9.9: UDP, length 22');
  t.is(stampOffset(frame), STAMP_AT);
  const stamp = { stream: 0, sequence: 0, seconds: 1, nanoseconds: 1 };
  t.true(readStamp(frame, STAMP_AT, stamp));
  t.deepEqual(stamp, { stream: 7, sequence: 2 ** 40 + 5, seconds: 0, nanoseconds: 0 });
});

test('FrameOrder counts nothing as out of order when numbers rise with gaps', (t) => {
  t.deepEqual(findingsOf(inOrder(0, 1, 2, 9, 2 ** 40)), { received: 5, outOfOrder: 0, foreign: 0 });
});

test('FrameOrder counts a frame as out of order when it comes after a later one, or twice', (t) => {
  t.is(findingsOf(inOrder(0, 3, 1, 2, 4)).outOfOrder, 2);
  t.is(findingsOf(inOrder(0, 1, 1)).outOfOrder, 1);
});

test('FrameOrder agrees with the definition of RFC 4737 when a sequence is shuffled', (t) => {
  const shuffled = fc.shuffledSubarray(
    Array.from({ length: 50 }, (_, sequence) => sequence),
    { minLength: 50 },
  );
  fc.assert(
    fc.property(shuffled, (sequences) => {
      const late = sequences.filter((sequence, at) =>
        sequences.slice(0, at).some((before) => before > sequence),
      );
      t.is(findingsOf(inOrder(...sequences)).outOfOrder, late.length);
    }),
  );
});

test('FrameOrder judges each queue alone, or each flow with byStream', (t) => {
  const queues = [
    { sequence: 5, queue: 0 },
    { sequence: 1, queue: 1 },
    { sequence: 2, queue: 1 },
    { sequence: 4, queue: 0 },
  ];
  t.is(findingsOf(queues).outOfOrder, 1);
  const flows = [
    { sequence: 5, stream: 3 },
    { sequence: 1, stream: 4 },
    { sequence: 6, stream: 3 },
    { sequence: 0, stream: 4 },
  ];
  t.is(findingsOf(flows, true).outOfOrder, 1);
  t.is(findingsOf(flows, false).outOfOrder, 2, 'of one queue all flows come in order');
});

test('FrameOrder counts a frame without a number only as foreign', (t) => {
  const order = new FrameOrder();
  const foreign = makeNumberedFrame(64, 0);
  foreign[STAMP_AT] = 0;
  order.take(foreign, 0, foreign.length, 0);
  order.take(makeNumberedFrame(64, 0), 0, 63, 0);
  t.deepEqual([order.received, order.outOfOrder, order.foreign], [0, 0, 2]);
});
