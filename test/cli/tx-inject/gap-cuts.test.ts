import test from 'ava';
import { GapCuts, secondsText } from '../../../src/cli/tx-inject/gap-cuts.js';

test('GapCuts prints the first pause, and counts them all', (t) => {
  const printed: string[] = [];
  const cuts = new GapCuts(0.5, (text) => printed.push(text));
  t.deepEqual(cuts.describe(), []);
  cuts.add(3600.5);
  cuts.add(1);
  t.deepEqual(printed, [
    'tx-inject: a pause of 3600.5 s is cut to 0.5 s (--max-gap); the report counts further ones',
  ]);
  t.deepEqual(cuts.describe(), ['2 pauses cut to 0.5 s, 3600.5 s left out']);
  t.is(JSON.stringify(cuts), '{"count":2,"seconds":3600.5}');
});

test('secondsText has at most three digits behind the point', (t) => {
  t.deepEqual([1, 0.25, 1.23456, 3600].map(secondsText), ['1 s', '0.25 s', '1.235 s', '3600 s']);
});
