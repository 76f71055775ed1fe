import test from 'ava';
import fc from 'fast-check';
import { normalizeDevice } from '../../src/cli/command-line.js';

const rows: readonly (readonly [given: string, normalized: string])[] = [
  ['mtu io0 9000', 'mtu io0 9000'],
  ['mtu dev io0 9000', 'mtu io0 9000'],
  ['mtu -i io0 9000', 'mtu io0 9000'],
  ['mtu -iio0 9000', 'mtu io0 9000'],
  ['mtu --iface io0 9000', 'mtu io0 9000'],
  ['mtu --iface=io0 9000', 'mtu io0 9000'],
  ['mtu 9000 -i io0', 'mtu io0 9000'],
  ['mtu 9000 --iface=io0', 'mtu io0 9000'],
  ['rx-dump -q 2 --iface io0 -c 1', 'rx-dump io0 -q 2 -c 1'],
  ['create --iface io0 --persist', 'create io0 --persist'],
  // A device may be called dev.
  ['delete dev', 'delete dev'],
  ['delete dev dev', 'delete dev'],
  ['mtu -i dev 9000', 'mtu dev 9000'],
  ['mtu io0 dev', 'mtu io0 dev'],
  // Only the first naming counts.
  ['mtu -i io0 -i io1', 'mtu io0 -i io1'],
  // Behind -- all is meant as it stands.
  ['mtu -- dev io0', 'mtu -- dev io0'],
  ['mtu -- -i io0', 'mtu -- -i io0'],
  ['mtu -i io0 -- 9000', 'mtu io0 -- 9000'],
  // Left to commander to complain about.
  ['mtu -i', 'mtu -i'],
  ['mtu --iface', 'mtu --iface'],
  ['mtu --ifaces=io0', 'mtu --ifaces=io0'],
  // Not a command: nothing to move.
  ['--help', '--help'],
  ['-i io0 mtu', '-i io0 mtu'],
  ['dev io0', 'dev io0'],
  ['list', 'list'],
];

for (const [given, normalized] of rows) {
  test(`normalizeDevice makes "${normalized}" when it gets "${given}"`, (t) => {
    t.deepEqual(normalizeDevice(given.split(' ')), normalized.split(' '));
  });
}

test('normalizeDevice takes an empty name when one is given', (t) => {
  t.deepEqual(normalizeDevice(['mtu', '--iface=']), ['mtu', '']);
  t.deepEqual(normalizeDevice(['mtu', '-i', '']), ['mtu', '']);
});

test('normalizeDevice gives no words when there are none', (t) => t.deepEqual(normalizeDevice([]), []));

test('normalizeDevice leaves what it is given, and keeps the order, when words are random', (t) => {
  const word: fc.Arbitrary<string> = fc.constantFrom(
    'mtu',
    'io0',
    'dev',
    '-i',
    '-iio1',
    '--iface',
    '--iface=io2',
    '--',
    '-q',
    '9000',
    '',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (given) => {
      const before = [...given];
      const normalized = normalizeDevice(given);
      t.deepEqual(given, before);
      t.is(normalized[0], given[0]);
      // Without the device, the others are a subsequence of what was given.
      let at = 0;
      for (const other of normalized.slice(2)) {
        at = given.indexOf(other, at) + 1;
        if (at === 0) t.fail(`${other} is out of order`);
      }
    }),
    { seed: 1 },
  );
});
