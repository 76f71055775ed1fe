import test from 'ava';
import { readHeapTrace } from '../../bench/heap-trace.js';

const line = (isolate: string, ms: number, what: string, why: string) =>
  `[42:${isolate}] ${ms} ms: ${what} MB, 4.79 / 0.00 ms  (average mu = 1.000, current mu = 1.000) ${why}\n`;
const ASKED = 'testing; GC in old space requested';

test('readHeapTrace adds up what is allocated between two calls of gc()', (t) => {
  const trace = [
    line('0x1', 10, 'Scavenge 9.0 (9.2) -> 3.0 (9.2)', 'allocation failure; '),
    'ready\n',
    line('0x1', 20, 'Mark-Compact 5.0 (9.2) -> 2.0 (9.2)', ASKED),
    line('0x1', 30, 'Scavenge 4.0 (9.2) -> 3.0 (9.2)', 'allocation failure; '),
    line('0x2', 35, 'Scavenge 80.0 (99.2) -> 3.0 (9.2)', 'task; '),
    line('0x1', 40, 'Mark-Compact (reduce) 4.5 (9.2) -> 2.5 (9.2)', ASKED),
  ].join('');
  t.deepEqual(readHeapTrace(trace), { allocatedBytes: 3.5 * 2 ** 20, collections: 1, grownBytes: 2 ** 19 });
});

test('readHeapTrace counts no collection when one call of gc() prints two lines', (t) => {
  const trace = [
    line('0x1', 20, 'Mark-Compact 5.0 (9.2) -> 2.0 (9.2)', ASKED),
    line('0x1', 30, 'Mark-Compact 2.0 (9.2) -> 2.0 (9.2)', ASKED),
    line('0x1', 40, 'Mark-Compact 2.0 (9.2) -> 2.0 (9.2)', ASKED),
  ].join('');
  t.deepEqual(readHeapTrace(trace), { allocatedBytes: 0, collections: 0, grownBytes: 0 });
});

test('readHeapTrace throws when gc() was not called twice', (t) => {
  t.throws(() => readHeapTrace(''), { message: /twice/ });
  t.throws(() => readHeapTrace(line('0x1', 20, 'Mark-Compact 5.0 (9.2) -> 2.0 (9.2)', ASKED)), {
    message: /twice/,
  });
});
