import test from 'ava';
import { type InjectArguments, readInjectOptions } from '../../src/cli/tx-inject/inject-arguments.js';

const PLAIN = { queue: '0', count: '1' };

test('readInjectOptions keeps the recorded pace when a capture is given', (t) => {
  t.deepEqual(readInjectOptions({ ...PLAIN, read: 'in.pcap' }), {
    queue: 0,
    read: 'in.pcap',
    frames: [],
    count: 1,
    rate: undefined,
    topSpeed: false,
    oversize: false,
    json: false,
  });
});

test('readInjectOptions sends at top speed when frames are given in hex, for these have no times', (t) => {
  const options = readInjectOptions({ ...PLAIN, hex: ['00ff', '01 02'] });
  t.deepEqual(options.frames, [Uint8Array.of(0, 255), Uint8Array.of(1, 2)]);
  t.true(options.topSpeed);
});

test('readInjectOptions reads every option when it is given', (t) => {
  const rated = readInjectOptions({
    queue: '255',
    count: '3',
    hex: ['00'],
    rate: '1Gbit',
    oversize: true,
    json: true,
  });
  t.like(rated, {
    queue: 255,
    count: 3,
    rate: { bitsPerSecond: 1e9 },
    topSpeed: false,
    oversize: true,
    json: true,
  });
  t.true(readInjectOptions({ ...PLAIN, read: '-', topspeed: true }).topSpeed);
});

const INPUT = 'cannot tell what to send: give either -r FILE or --hex';

const refusals: readonly (readonly [given: Partial<InjectArguments>, message: string])[] = [
  [{}, INPUT],
  [{ hex: [] }, INPUT],
  [{ read: 'x', hex: ['00'] }, INPUT],
  [{ read: 'x', rate: '1pps', topspeed: true }, 'cannot use --rate with -t: top speed has no rate'],
  [{ read: 'x', rate: '1Mbps' }, 'cannot read rate "1Mbps": "bps" is ambiguous, write pps or bit'],
  [{ read: 'x', rate: '0' }, 'cannot use rate "0": it must be more than 0'],
  [{ read: 'x', queue: '256' }, 'cannot use queue 256: 0 to 255 are possible'],
  [{ read: 'x', queue: 'all' }, 'cannot read queue "all": wanted a whole number'],
  [{ read: 'x', queue: '0,1' }, 'cannot read queue "0,1": wanted a whole number'],
  [{ read: 'x', count: '0' }, 'cannot use count 0: 1 to 9007199254740991 are possible'],
  [{ read: 'x', count: '-1' }, 'cannot read count "-1": wanted a whole number'],
  [
    { hex: ['00', '0'] },
    'cannot parse "0": the digit at position 1 has no partner: hexadecimal digits come in pairs',
  ],
];

for (const [given, message] of refusals) {
  test(`readInjectOptions refuses ${JSON.stringify(given)} when it is given`, (t) => {
    t.throws(() => readInjectOptions({ ...PLAIN, ...given }), { message });
  });
}
