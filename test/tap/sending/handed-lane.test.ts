import test from 'ava';
import { SystemError } from '../../../src/errors.js';
import { FrameArena } from '../../../src/tap/memory/frame-arena.js';
import { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { HandedFrames } from '../../../src/tap/memory/handed-frames.js';
import { HandedLane, type LaneThread } from '../../../src/tap/sending/handed-lane.js';
import { LANE_SENT } from '../../../src/tap/sending/lane-words.js';

const QUEUE = { fd: -1, headerBytes: 12, number: 0, countersAddress: undefined };
const FRAME = new Uint8Array(60);

/** A lane of one burst to a thread that does nothing by itself. */
function makeLane(thread: Partial<LaneThread>) {
  const arena = FrameArena.open(1, 2);
  const burst = new FrameBurst(arena, QUEUE.headerBytes);
  const lane = new HandedLane(QUEUE, [burst], {
    wake: () => {},
    assertAlive: () => {},
    patienceMs: 100,
    device: 'io0',
    ...thread,
  });
  return { lane, burst, [Symbol.dispose]: () => arena[Symbol.dispose]() };
}

test('HandedLane throws a SystemError when the other thread does nothing', (t) => {
  using made = makeLane({});
  made.burst.append(FRAME);
  made.lane.hand(0);
  const error = t.throws(() => made.lane.settleAll(() => t.fail()), { instanceOf: SystemError });
  t.like(error, { code: 'ETIMEDOUT', object: 'io0' });
  t.is(error.message, 'cannot go on sending into "io0": a thread sent nothing for 0.1 seconds');
});

test('HandedLane throws the error that ended the other thread', (t) => {
  const fault = new Error('cannot send');
  using made = makeLane({
    assertAlive: () => {
      throw fault;
    },
  });
  made.burst.append(FRAME);
  made.lane.hand(0);
  t.throws(() => made.lane.settle(() => t.fail()), { is: fault });
});

test('HandedLane settles a burst when the other thread has sent it', (t) => {
  using made = makeLane({});
  const { lane, burst } = made;
  burst.append(FRAME);
  lane.hand(0);
  const frames = new HandedFrames(lane.task.frames, 0, burst.framesMax);
  t.is(frames.count, 1);
  frames.accepted = 1;
  Atomics.store(new Int32Array(lane.task.words), LANE_SENT, 1);
  const settled: number[] = [];
  lane.settleAll((index, accepted) => {
    settled.push(index, accepted);
    burst.clear();
  });
  t.deepEqual(settled, [0, 1]);
  t.is(lane.unsettledCount, 0);
});
