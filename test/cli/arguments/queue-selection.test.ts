import test from 'ava';
import fc from 'fast-check';
import {
  describeQueues,
  formatQueues,
  parseQueueSelection,
} from '../../../src/cli/arguments/queue-selection.js';

const selections: readonly (readonly [text: string, numbers: readonly number[]])[] = [
  ['2', [2]],
  ['0,2', [0, 2]],
  ['2,0', [0, 2]],
  ['1-3', [1, 2, 3]],
  ['0,2-3', [0, 2, 3]],
  ['1-2,2-3,2', [1, 2, 3]],
  ['10,9', [9, 10]],
  ['5-5', [5]],
  ['255', [255]],
];

for (const [text, numbers] of selections) {
  test(`parseQueueSelection reads ${text} when it is given`, (t) => {
    t.deepEqual(parseQueueSelection(text), [...numbers]);
  });
}

test('parseQueueSelection reads all when it is given', (t) => t.is(parseQueueSelection('all'), 'all'));

test('parseQueueSelection refuses a text when it names no queues', (t) => {
  for (const text of [
    '',
    ',',
    '1,',
    ',1',
    '-1',
    '1-',
    '1-2-3',
    'a',
    'ALL',
    '0,all',
    ' 1',
    '1 2',
    '1.5',
    '0x1',
  ]) {
    const message = `cannot read queues "${text}": wanted a form like 2, 0,2 or 1-3, or all`;
    t.throws(() => parseQueueSelection(text), { instanceOf: TypeError, message });
  }
});

test('parseQueueSelection refuses a range when it falls, or exceeds what the kernel has', (t) => {
  const rows = { '3-1': '3-1', '256': '256', '0,0-999999999999': '0-999999999999', '0-256': '0-256' };
  for (const [text, part] of Object.entries(rows)) {
    const message = `cannot read queues "${text}": ${part} is not a range from 0 to 255`;
    t.throws(() => parseQueueSelection(text), { instanceOf: RangeError, message });
  }
});

const words: readonly (readonly [numbers: readonly number[], text: string])[] = [
  [[2], '2'],
  [[0, 1, 2, 3], '0-3'],
  [[0, 2, 3], '0,2-3'],
  [[0, 2, 4], '0,2,4'],
  [[], ''],
];

for (const [numbers, text] of words) {
  test(`formatQueues writes "${text}"`, (t) => t.is(formatQueues(numbers), text));
}

test('parseQueueSelection reads what formatQueues writes', (t) => {
  const numbers = fc
    .uniqueArray(fc.nat(255), { minLength: 1, maxLength: 40 })
    .map((values) => values.sort((a, b) => a - b));
  fc.assert(
    fc.property(numbers, (wanted) => {
      t.deepEqual(parseQueueSelection(formatQueues(wanted)), wanted);
    }),
    { seed: 1 },
  );
});

test('describeQueues writes queue for one and queues for more', (t) => {
  t.is(describeQueues([2]), 'queue 2');
  t.is(describeQueues([0, 1, 3]), 'queues 0-1,3');
});
