import test from 'ava';
import { MeasuringWindow } from '../../src/measure/threads/measuring-window.js';
import {
  ownProcessorSeconds,
  processorSecondsOf,
  threadIds,
} from '../../src/measure/threads/thread-times.js';

const AT_ONCE = { warmMs: 0, durationMs: 0 };

test('MeasuringWindow begins with the first frame, and counts the frames between its two ends', (t) => {
  const window = new MeasuringWindow(AT_ONCE);
  t.false(window.note(0));
  t.false(window.note(5), 'it opens');
  t.true(window.note(12), 'it closes');
  t.is(window.span?.frames, 7);
  t.true(window.span!.seconds > 0);
  t.true(window.span!.processorSeconds > 0);
});

test('MeasuringWindow closes once', (t) => {
  const window = new MeasuringWindow(AT_ONCE);
  const closed = [1, 2, 3, 4].filter((frames) => window.note(frames));
  t.deepEqual(closed, [2]);
  t.is(window.span?.frames, 1);
});

test('MeasuringWindow has no span until it has closed', (t) => {
  const window = new MeasuringWindow({ warmMs: 0, durationMs: 3_600_000 });
  window.note(1);
  t.false(window.note(2));
  t.is(window.span, undefined);
});

test('processorSecondsOf returns the time of a thread, and 0 when there is no such thread', (t) => {
  // The first thread of a process has the id of the process.
  t.true(threadIds().includes(process.pid));
  const before = ownProcessorSeconds();
  const between = processorSecondsOf(process.pid);
  const after = ownProcessorSeconds();
  t.true(before > 0 && before <= between && between <= after);
  t.is(processorSecondsOf(0x3f_ffff), 0);
});
