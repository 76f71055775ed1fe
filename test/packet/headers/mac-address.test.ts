import test from 'ava';
import fc from 'fast-check';
import {
  formatMacAddress,
  isMulticastMacAddress,
  parseMacAddress,
  randomMacAddress,
} from '../../../src/packet/headers/mac-address.js';

const sixBytes = fc.uint8Array({ minLength: 6, maxLength: 6 });

test('parseMacAddress reads colons, hyphens, capitals and missing zeros', (t) => {
  const bytes = Uint8Array.of(2, 0, 0, 0xab, 0xcd, 1);
  t.deepEqual(parseMacAddress('02:00:00:ab:cd:01'), bytes);
  t.deepEqual(parseMacAddress('02-00-00-AB-CD-01'), bytes);
  t.deepEqual(parseMacAddress('2:0:0:ab:cd:1'), bytes);
});

for (const text of [
  '',
  '02:00:00:00:00',
  '02:00:00:00:00:00:00',
  '02:00:00-00:00:01',
  '020000000001',
  'g2:0:0:0:0:1',
  ' 2:0:0:0:0:1',
  '002:0:0:0:0:1',
]) {
  test(`parseMacAddress refuses "${text}"`, (t) => {
    t.throws(() => parseMacAddress(text), {
      instanceOf: TypeError,
      message: `cannot parse "${text}": a MAC address is six hexadecimal bytes such as 02:00:00:00:00:01`,
    });
  });
}

test('formatMacAddress and parseMacAddress are inverse', (t) => {
  fc.assert(
    fc.property(sixBytes, fc.nat(8), (bytes, offset) => {
      const buffer = new Uint8Array(20).fill(0xee);
      buffer.set(bytes, offset);
      t.deepEqual(parseMacAddress(formatMacAddress(buffer, offset)), bytes);
    }),
  );
});

test('randomMacAddress makes local unicast addresses and keeps the other bits', (t) => {
  fc.assert(
    fc.property(sixBytes, (random) => {
      const before = Uint8Array.from(random);
      const address = randomMacAddress(random);
      t.deepEqual(random, before);
      t.false(isMulticastMacAddress(address));
      t.is(address[0]! & 0x03, 0x02);
      t.is(address[0]! & 0xfc, random[0]! & 0xfc);
      t.deepEqual(address.subarray(1), random.subarray(1));
    }),
  );
  t.throws(() => randomMacAddress(new Uint8Array(5)), { instanceOf: RangeError });
});

test('isMulticastMacAddress finds group addresses, broadcast among them', (t) => {
  t.true(isMulticastMacAddress(parseMacAddress('33:33:00:00:00:01')));
  t.true(isMulticastMacAddress(parseMacAddress('ff:ff:ff:ff:ff:ff')));
  t.false(isMulticastMacAddress(parseMacAddress('02:00:00:00:00:01')));
});
