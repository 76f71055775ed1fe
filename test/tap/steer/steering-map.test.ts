import test from 'ava';
import { MAP_RANGES_MAX, parseSteeringMap, type SteeringRange } from '../../../src/tap/steer/steering-map.js';

function range(
  bits: SteeringRange['bits'],
  [first, last]: readonly [bigint, bigint],
  [firstQueue, lastQueue]: readonly [number, number],
): SteeringRange {
  return { bits, first, last, firstQueue, lastQueue };
}

test('parseSteeringMap reads values and ranges, and sorts them', (t) => {
  t.deepEqual(parseSteeringMap('5000-5003=0-3,53=1', 'port'), [
    range(16, [53n, 53n], [1, 1]),
    range(16, [5000n, 5003n], [0, 3]),
  ]);
  t.deepEqual(parseSteeringMap('0-4095=255', 'vlan'), [range(16, [0n, 4095n], [255, 255])]);
  t.deepEqual(parseSteeringMap(' 0-65535 = 0-255 ', 'port'), [range(16, [0n, 65_535n], [0, 255])]);
});

test('parseSteeringMap reads addresses, ranges of them and prefixes', (t) => {
  const all = (1n << 128n) - 1n;
  t.deepEqual(parseSteeringMap('::1=2,192.0.2.0/24=0-3,10.0.0.1-10.0.0.9=1,2001:db8::/32=4', 'address'), [
    range(32, [0x0a000001n, 0x0a000009n], [1, 1]),
    range(32, [0xc0000200n, 0xc00002ffn], [0, 3]),
    range(128, [1n, 1n], [2, 2]),
    range(128, [0x20010db8n << 96n, (0x20010db9n << 96n) - 1n], [4, 4]),
  ]);
  t.deepEqual(parseSteeringMap('0.0.0.0/0=1,::/0=0', 'address'), [
    range(32, [0n, 0xffffffffn], [1, 1]),
    range(128, [0n, all], [0, 0]),
  ]);
  t.deepEqual(parseSteeringMap('192.0.2.7/32=1', 'address'), [range(32, [0xc0000207n, 0xc0000207n], [1, 1])]);
});

const FAULTS: readonly (readonly [text: string, kind: 'port' | 'vlan' | 'address', message: RegExp])[] = [
  ['', 'port', /^cannot read "" in a map: wanted a form like 5000-5003=0-3,53=1$/],
  ['53', 'port', /^cannot read "53" in a map/],
  ['53=', 'port', /^cannot read "53=" in a map/],
  ['53=1=2', 'port', /^cannot read "53=1=2" in a map/],
  ['=1', 'port', /^cannot read "=1" in a map/],
  ['53=1,', 'port', /^cannot read "" in a map/],
  ['53=-1', 'port', /^cannot read "53=-1" in a map/],
  ['http=1', 'port', /^cannot read "http=1" in a map/],
  ['65536=1', 'port', /^cannot use "65536" in a map: a port is a number from 0 to 65535$/],
  ['4096=1', 'vlan', /^cannot use "4096" in a map: a vlan is a number from 0 to 4095$/],
  ['9-1=1', 'port', /^cannot use "9-1=1" in a map: 9-1 is not a rising range$/],
  ['1-9=3-1', 'port', /3-1 is not a range of queues from 0 to 255$/],
  ['1-9=256', 'port', /256 is not a range of queues from 0 to 255$/],
  ['53=0-3', 'port', /one value goes to one queue, and 0-3 are several$/],
  ['1-9=0,9=1', 'port', /^cannot use the map: it sends port 9 to two places$/],
  ['5=0,5=0', 'vlan', /sends vlan 5 to two places$/],
  ['10.0.0.0/8=1,10.1.2.3=0', 'address', /sends address 10\.1\.2\.3 to two places$/],
  ['::/1=1,1::=0', 'address', /sends address 1:: to two places$/],
  ['10.0.0.1/24=1', 'address', /the address has bits behind its prefix of 24 bits$/],
  ['10.0.0.0/33=1', 'address', /^cannot read "10\.0\.0\.0\/33=1" in a map/],
  ['10.0.0.1-::1=1', 'address', /^cannot read/],
  ['10.0.0.1-10.0.0.2-10.0.0.3=1', 'address', /^cannot read/],
  [
    'host=1',
    'address',
    /^cannot read "host=1" in a map: wanted a form like 192\.0\.2\.0\/24=0-3,2001:db8::1=1$/,
  ],
];

for (const [text, kind, message] of FAULTS) {
  test(`parseSteeringMap refuses "${text}" for ${kind}`, (t) => {
    t.throws(() => parseSteeringMap(text, kind), { message });
  });
}

test('parseSteeringMap takes 512 ranges and no more', (t) => {
  const entries = Array.from({ length: MAP_RANGES_MAX + 1 }, (_, index) => `${index}=0`);
  t.is(parseSteeringMap(entries.slice(1).join(), 'port').length, MAP_RANGES_MAX);
  t.throws(() => parseSteeringMap(entries.join(), 'port'), {
    instanceOf: RangeError,
    message: 'cannot use a map of 513 ranges: at most 512 are possible',
  });
});
