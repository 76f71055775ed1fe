import test from 'ava';
import { PLAIN } from '../../../src/cli/output/style.js';
import { RateHistory } from '../../../src/cli/stats/rate-history.js';
import { AUTOMATIC } from '../../../src/cli/stats/rate-order.js';
import { shareRows } from '../../../src/cli/top/row-shares.js';
import { actionsOf } from '../../../src/cli/top/top-keys.js';
import { describeTop } from '../../../src/cli/top/top-view.js';
import { ratesOf } from '../stats/made-rates.js';

function devicesOf(count: number, queues: number) {
  return Array.from({ length: count }, (_, index) => ({
    rates: ratesOf(
      Array.from({ length: queues }, (): [number, number] => [index + 1, 1]),
      { name: `io${index}` },
    ),
    history: new RateHistory(),
  }));
}

function firstWords(count: number, queues: number, rows: number, absent: readonly string[] = []): string[] {
  const view = { devices: devicesOf(count, queues), absent, order: AUTOMATIC };
  const lines = describeTop(view, { rows, columns: 60, style: PLAIN });
  return lines.map((line) => line.trim().split(/ +/)[0]!);
}

test('top shows sums, a head, and each device above its queues', (t) => {
  t.deepEqual(firstWords(2, 2, 20), ['2', 'QUEUE', 'io0', '0', '1', 'io1', '0', '1', 'q']);
  const view = { devices: devicesOf(2, 2), absent: [], order: AUTOMATIC };
  const [sums] = describeTop(view, { rows: 20, columns: 100, style: PLAIN });
  t.is(sums!.trimEnd(), '2 devices: missed 0 pps, rx 6 pps, 4.8 kbit/s, tx 4 pps, 3.2 kbit/s');
});

test('top shows as many rows as there are, and counts what has none', (t) => {
  t.deepEqual(firstWords(2, 8, 9), ['2', 'QUEUE', 'io1', '0', '7', 'io0', '0', '7', 'q']);
  t.deepEqual(firstWords(9, 1, 7), ['9', 'QUEUE', 'io8', 'io7', 'io6', '6', 'q']);
  for (let rows = 1; rows <= 30; rows++)
    for (const [devices, queues] of [[0, 0], [1, 128], [3, 4], [40, 2]] as const) // biome-ignore format: pairs
      t.true(firstWords(devices, queues, rows).length <= rows);
});

test('top names devices that are gone, and says when there is none', (t) => {
  t.deepEqual(firstWords(0, 0, 10), ['0', 'QUEUE', 'there', 'q']);
  const view = { devices: devicesOf(1, 1), absent: ['a\x1bb'], order: AUTOMATIC };
  const lines = describeTop(view, { rows: 10, columns: 40, style: PLAIN });
  t.is(lines.at(-2)!.trimEnd(), 'a\\x1bb is gone');
});

test('shareRows gives small needs what they want, and shares the rest', (t) => {
  t.deepEqual(shareRows([2, 10, 10], 10), [2, 4, 4]);
  t.deepEqual(shareRows([4, 4], 8), [4, 4]);
  t.deepEqual(shareRows([4, 4, 4], 2), [1, 1, 0]);
  t.deepEqual(shareRows([4], -1), [0]);
  t.deepEqual(shareRows([], 5), []);
});

test('actionsOf reads keys, and takes no letter of a control sequence for one', (t) => {
  t.deepEqual(actionsOf('sq'), ['next-order', 'quit']);
  t.deepEqual(actionsOf('\x1b[C\x1b[D\x1b[A\x1b[B'), ['next-order', 'previous-order', 'reverse', 'reverse']);
  t.deepEqual(actionsOf('\x1bOC\x1bOD'), ['next-order', 'previous-order']);
  t.deepEqual(actionsOf('\x1b[1;5q\x1b[5~xyz\x1b'), []);
});
