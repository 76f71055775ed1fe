import test from 'ava';
import fc from 'fast-check';
import {
  parseDuration,
  parsePositive,
  parseRate,
  parseSwitch,
  parseWhole,
  type Rate,
} from '../../../src/cli/arguments/quantity.js';
import { makeDueTimes } from '../../../src/cli/tx-inject/due-times.js';

const rates: readonly (readonly [text: string, rate: Rate])[] = [
  ['500', { packetsPerSecond: 500 }],
  ['500pps', { packetsPerSecond: 500 }],
  ['10kpps', { packetsPerSecond: 10_000 }],
  ['1.5Mpps', { packetsPerSecond: 1_500_000 }],
  ['.5pps', { packetsPerSecond: 0.5 }],
  ['10k', { packetsPerSecond: 10_000 }],
  ['1e6', { packetsPerSecond: 1e6 }],
  ['2.5E-1kpps', { packetsPerSecond: 250 }],
  ['1e9bit', { bitsPerSecond: 1e9 }],
  ['10 kpps', { packetsPerSecond: 10_000 }],
  ['1bit', { bitsPerSecond: 1 }],
  ['64kbit', { bitsPerSecond: 64_000 }],
  ['100MBIT', { bitsPerSecond: 1e8 }],
  ['1Gbit', { bitsPerSecond: 1e9 }],
];

for (const [text, rate] of rates) {
  test(`parseRate reads ${text} when it is given`, (t) => t.deepEqual(parseRate(text), rate));
}

test('parseRate refuses bps, which means bits in some tools and bytes in others', (t) => {
  for (const text of ['100bps', '10Mbps', '1GBPS', 'bps']) {
    const message = `cannot read rate "${text}": "bps" is ambiguous, write pps or bit`;
    t.throws(() => parseRate(text), { instanceOf: TypeError, message });
  }
});

test('parseRate refuses a text when it is no rate', (t) => {
  for (const text of [
    '',
    'fast',
    '10e',
    '1e',
    '-1pps',
    '+1pps',
    'e3pps',
    '1,5pps',
    '10 kpps/s',
    '0x10',
    '1.pps',
    '10Tbit',
    '5constructor',
  ]) {
    const message = `cannot read rate "${text}": wanted a form like 10kpps or 1Gbit`;
    t.throws(() => parseRate(text), { instanceOf: TypeError, message });
  }
});

test('parseRate refuses a rate that is no finite number', (t) => {
  const message = 'cannot use rate "1e999pps": it is too large';
  t.throws(() => parseRate('1e999pps'), { instanceOf: RangeError, message });
});

test('parseRate refuses a rate of 0', (t) => {
  for (const text of ['0', '0pps', '0.0Gbit']) {
    const message = `cannot use rate "${text}": it must be more than 0`;
    t.throws(() => parseRate(text), { instanceOf: RangeError, message });
  }
});

const durations: readonly (readonly [text: string, seconds: number])[] = [
  ['0', 0],
  ['10', 10],
  ['10s', 10],
  ['1.5s', 1.5],
  ['250ms', 0.25],
  ['1us', 1e-6],
  ['2m', 120],
  ['2min', 120],
  ['1h', 3600],
  [' 3 s ', 3],
];

for (const [text, seconds] of durations) {
  test(`parseDuration reads "${text.trim()}" when it is given`, (t) => t.is(parseDuration(text), seconds));
}

test('parseDuration refuses a text when it is no duration', (t) => {
  for (const text of ['', 's', '-1s', '10S', '10 seconds', '1d', '1e', 'forever', '5constructor', '1h30m']) {
    const message = `cannot read duration "${text}": wanted a form like 10s or 250ms`;
    t.throws(() => parseDuration(text), { instanceOf: TypeError, message });
  }
});

test('parseDuration refuses a duration when it is longer than any timer waits', (t) => {
  t.true(parseDuration('596h') * 1000 <= 0x7fff_ffff);
  for (const text of ['597h', '2147484', '9'.repeat(400)]) {
    t.throws(() => parseDuration(text), {
      instanceOf: RangeError,
      message: /: at most 2147483 s are possible$/,
    });
  }
});

/** The number of a rate or duration. */
function numberIn(parsed: Rate | number): number {
  if (typeof parsed === 'number') return parsed;
  return 'bitsPerSecond' in parsed ? parsed.bitsPerSecond : parsed.packetsPerSecond;
}

test('parseRate and parseDuration give a finite number or their own error when text is random', (t) => {
  const units = fc.constantFrom('pps', 'kbit', 'ms', 'h', 'valueof', 'constructor');
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(500), units).map(([number, unit]) => `${number}${unit}`),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(parseRate, parseDuration), (value, parse) => {
      try {
        const number = numberIn(parse(value));
        return Number.isFinite(number) && number >= 0;
      } catch (error) {
        return error instanceof Error && error.message.startsWith('cannot ');
      }
    }),
    { seed: 1, numRuns: 300 },
  );
  t.pass();
});

test('parseWhole reads a number when it is within its bounds', (t) => {
  t.is(parseWhole('MTU', '68', 68, 9000), 68);
  t.is(parseWhole('MTU', '9000', 68, 9000), 9000);
  t.is(parseWhole('MTU', '0100', 68, 9000), 100);
});

test('parseWhole refuses a number when it is beyond its bounds', (t) => {
  for (const text of ['67', '9001', '0', '99999999999999999999', '9'.repeat(400)]) {
    const message = `cannot use MTU ${text}: 68 to 9000 are possible`;
    t.throws(() => parseWhole('MTU', text, 68, 9000), { instanceOf: RangeError, message });
  }
});

test('parseWhole refuses a text when it is no whole number', (t) => {
  for (const text of ['', ' 1', '1.0', '-1', '+1', '1e3', '0x44', '٣', 'NaN', '1\n']) {
    const message = `cannot read MTU "${text}": wanted a whole number`;
    t.throws(() => parseWhole('MTU', text, 0, 9000), { instanceOf: TypeError, message });
  }
});

test('parsePositive reads a number when it is above 0, and refuses anything else', (t) => {
  t.is(parsePositive('pps', '2.5'), 2.5);
  t.is(parsePositive('pps', '.5'), 0.5);
  t.is(parsePositive('pps', '1000'), 1000);
  t.is(parsePositive('pps', '1e6'), 1e6);
  for (const text of ['0', '0.0'])
    t.throws(() => parsePositive('pps', text), { message: `cannot use pps ${text}: it must be more than 0` });
  for (const text of ['', '-1', '1k', '1e', '1e999', 'NaN', 'Infinity', '9'.repeat(400)])
    t.throws(() => parsePositive('pps', text), { message: `cannot read pps "${text}": wanted a number` });
});

test('parseSwitch reads on and off, and refuses anything else', (t) => {
  t.true(parseSwitch('promisc', 'on'));
  t.false(parseSwitch('promisc', 'off'));
  for (const text of ['', 'ON', 'yes', '1', 'true', 'on ']) {
    const message = `cannot read promisc "${text}": wanted on or off`;
    t.throws(() => parseSwitch('promisc', text), { instanceOf: TypeError, message });
  }
});

test('parseRate and parsePositive refuse what no schedule can go by', (t) => {
  for (const text of ['1e-320', '1e-7', '1.1e12', '1e300']) {
    const message = (what: string) => `cannot use ${what} "${text}": 0.000001 to 1e12 are possible`;
    t.throws(() => parseRate(text), { instanceOf: RangeError, message: message('rate') });
    t.throws(() => parsePositive('pps', text), { instanceOf: RangeError, message: message('pps') });
  }
  t.throws(() => parseRate('1e-320Gbit'), { instanceOf: RangeError });
  t.deepEqual(parseRate('1e-15Gbit'), { bitsPerSecond: 1e-15 * 1e9 });
  t.is(parsePositive('pps', '0.000001'), 1e-6);
  t.is(parsePositive('pps', '1e12'), 1e12);
});

test('the least pace keeps each moment of a schedule finite', (t) => {
  for (const timing of [
    { kind: 'steady', rate: { packetsPerSecond: 1e-6 } },
    { kind: 'steady', rate: { bitsPerSecond: 1e-6 } },
    { kind: 'recorded', multiplier: 1e-6, gapSecondsMax: Infinity },
  ] as const) {
    const dueTimes = makeDueTimes(timing);
    for (const seconds of [0, 1, 4e9]) t.true(Number.isFinite(dueTimes.due(seconds, 65_535)));
  }
});
