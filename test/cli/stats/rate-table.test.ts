// biome-ignore-all lint/suspicious/noControlCharactersInRegex: colours are what is looked for
import test from 'ava';
import { Chalk } from 'chalk';
import { PLAIN } from '../../../src/cli/output/style.js';
import { RateHistory } from '../../../src/cli/stats/rate-history.js';
import { AUTOMATIC, nextOrder, orderDevices, orderQueues } from '../../../src/cli/stats/rate-order.js';
import {
  describeHead,
  describeQueueRates,
  describeTitle,
  type RatedDevice,
} from '../../../src/cli/stats/rate-table.js';
import { ratesOf } from './made-rates.js';

/** Queue 0 received 15 packets a second, queue 1 sent 5. */
function deviceOf(options: Parameters<typeof ratesOf>[1] = {}): RatedDevice {
  const rates = ratesOf(
    [
      [15, 0],
      [0, 5],
    ],
    options,
  );
  const history = new RateHistory();
  history.add(rates);
  return { rates, history, readers: (queue) => (queue === 0 ? 'rx-dump (7)' : undefined) };
}

function tableOf(device: RatedDevice, columns: number, readers: boolean, style = PLAIN): string[] {
  const format = { style, columns, readers };
  return [describeTitle(device, format), describeHead(format), ...describeQueueRates(device, format, 10)];
}

test('a table of rates has the columns that fit into the terminal', (t) => {
  process.env.LANG = 'C.UTF-8';
  const device = deviceOf({ missed: 2, unread: [1] });
  const trimmed = (columns: number, readers: boolean) =>
    tableOf(device, columns, readers).map((line) =>
      line.trimEnd().replace(/(?<= )[█#▁-▇:.+*%=-]+(?= |$)/g, '*'),
    );
  t.deepEqual(trimmed(40, true), [
    'io0 missed 2 pps, rx 15 pps, 12.0 kbit/s',
    'QUE RX PACKETS TX PACKETS HISTO READER',
    '  0     15 pps      0 pps     * rx-dump',
    '  1      0 pps      5 pps     * no reade',
  ]);
  t.deepEqual(trimmed(80, true), [
    'io0 missed 2 pps, rx 15 pps, 12.0 kbit/s, tx 5 pps, 4.0 kbit/s (queue 1 has no r',
    'QUEUE  RX PACKETS  TX PACKETS  SHARE             HISTORY        READER',
    '    0      15 pps       0 pps    75%  *                *  rx-dump (7)',
    '    1       0 pps       5 pps    25%  *                     *  no reader',
  ]);
  t.deepEqual(trimmed(80, false), [
    'io0 missed 2 pps, rx 15 pps, 12.0 kbit/s, tx 5 pps, 4.0 kbit/s (queue 1 has no r',
    'QUEUE  RX PACKETS       RX BITS  TX PACKETS       TX BITS  SHARE        HISTORY',
    '    0      15 pps   12.0 kbit/s       0 pps       0 bit/s    75%  *          *',
    '    1       0 pps       0 bit/s       5 pps    4.0 kbit/s    25%  *            *',
  ]);
});

test('each row of a table is as wide as the terminal, from 40 columns up', (t) => {
  for (let columns = 40; columns <= 200; columns++)
    for (const readers of [false, true])
      for (const line of tableOf(deviceOf({ missed: 2, unread: [1], name: '接口-名' }), columns, readers))
        t.is([...line].length + [...line].filter((c) => '接口名'.includes(c)).length, columns);
});

test('bars grow with the terminal', (t) => {
  const barOf = (columns: number) => /#+/.exec(tableOf(deviceOf(), columns, true)[2]!)![0].length;
  t.true(barOf(60) < barOf(90) && barOf(90) < barOf(103) && barOf(120) < barOf(200));
});

test('missed packets and queues without a reader have a colour, and nothing has one otherwise', (t) => {
  const style = new Chalk({ level: 1 });
  const [title, , , second = ''] = tableOf(deviceOf({ missed: 2, unread: [1] }), 80, true, style);
  t.true(title!.includes(style.red('missed 2 pps')));
  t.regex(second, /\x1b\[33mno reader +\x1b\[39m$/);
  t.false(tableOf(deviceOf(), 80, true, style)[0]!.includes('\x1b[31m'));
});

test('the busiest queues come first when there is no room for all, and the last row counts the others', (t) => {
  const rows = Array.from({ length: 128 }, (_, queue): [number, number] => [queue, 1]);
  const rates = ratesOf(rows);
  const device = { rates, history: new RateHistory() };
  const lines = describeQueueRates(device, { style: PLAIN, columns: 80 }, 4);
  t.deepEqual(
    lines.map((line) => line.trim().split('  ')[0]),
    ['127', '126', '125', '125 more queues'],
  );
  t.deepEqual(describeQueueRates(device, { style: PLAIN, columns: 80 }, 0), []);
});

test('orderQueues sorts by what the order names', (t) => {
  const { queues } = ratesOf([[1, 9], [5, 3], [4, 2]]); // biome-ignore format: a row a queue
  const numbers = (by: (typeof AUTOMATIC)['by'], reversed = false, room = 3) =>
    orderQueues(queues, { by, reversed }, room).map(({ queue }) => queue);
  t.deepEqual(numbers('automatic'), [0, 1, 2]);
  t.deepEqual(numbers('automatic', false, 2), [0, 1]);
  t.deepEqual(numbers('busiest'), [0, 1, 2]);
  t.deepEqual(numbers('rx'), [1, 2, 0]);
  t.deepEqual(numbers('tx', true), [2, 1, 0]);
  t.deepEqual(numbers('number', true), [2, 1, 0]);
});

test('orderDevices puts devices that miss packets first', (t) => {
  const devices = [ratesOf([[1, 0]]), ratesOf([[9, 0]]), ratesOf([[2, 0]], { missed: 3 })].map((rates) => ({
    rates,
  }));
  const order = (isCrowded: boolean) =>
    orderDevices(devices, AUTOMATIC, isCrowded).map((device) => devices.indexOf(device));
  t.deepEqual(order(false), [2, 0, 1]);
  t.deepEqual(order(true), [2, 1, 0]);
});

test('nextOrder goes round in both directions', (t) => {
  t.is(nextOrder(AUTOMATIC, 1).by, 'busiest');
  t.is(nextOrder(AUTOMATIC, -1).by, 'number');
  t.is(nextOrder(nextOrder(AUTOMATIC, -1), 1).by, 'automatic');
});

test('RateHistory keeps the last values of each queue and the largest of all', (t) => {
  const history = new RateHistory();
  for (let value = 1; value <= 250; value++) history.add(ratesOf([[value, 0], [0, 2]])); // biome-ignore format: a row a queue
  t.is(history.most, 250);
  t.deepEqual([history.of(0).length, history.of(0).at(-1), history.of(1).at(-1)], [200, 250, 2]);
  t.deepEqual(history.of(2), []);
});

test('a table has a dash where bits are not known', (t) => {
  const made = deviceOf();
  const queues = made.rates.queues.map(({ rx, tx, ...queue }) => ({
    ...queue,
    rx: { ...rx, bitsPerSecond: null },
    tx: { ...tx, bitsPerSecond: null },
  }));
  const [, , row] = tableOf({ ...made, rates: { ...made.rates, queues } }, 80, false);
  t.regex(row!, /^ +0 +15 pps +- +0 pps +- +75% /);
});
