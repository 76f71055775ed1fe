import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import {
  formatIpv4Address,
  formatIpv6Address,
  parseIpAddress,
} from '../../../src/packet/headers/ip-address.js';

/** Rows of RFC 5952 and of inet_ntop(3). */
const rows: readonly (readonly [hex: string, text: string])[] = [
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['20010000000000010000000000000001', '2001:0:0:1::1'],
  ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['fe800000000000000000000000000000', 'fe80::'],
  ['00000000000000000000ffffc0000201', '::ffff:192.0.2.1'],
  ['000000000000000000000000c0000201', '::192.0.2.1'],
  ['0064ff9b0000000000000000c0000201', '64:ff9b::c000:201'],
  ['00010002000300040005000600070008', '1:2:3:4:5:6:7:8'],
  ['00000000000000000001000200030004', '::1:2:3:4'],
];

for (const [hex, text] of rows) {
  test(`formatIpv6Address writes ${text}`, (t) => {
    t.is(formatIpv6Address(parseHex(hex)), text);
    t.is(formatIpv6Address(parseHex(`ffff${hex}ffff`), 2), text);
  });
}

test('formatIpv6Address writes what a URL parser takes as the same address', (t) => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]));
      const full = groups.map((value) => value.toString(16)).join(':');
      t.is(new URL(`http://[${formatIpv6Address(bytes)}]`).hostname, new URL(`http://[${full}]`).hostname);
    }),
  );
});

test('formatIpv4Address writes four numbers', (t) => {
  t.is(formatIpv4Address(Uint8Array.of(9, 192, 0, 2, 255), 1), '192.0.2.255');
});

for (const [hex, text] of rows) {
  test(`parseIpAddress reads ${text}`, (t) => t.deepEqual(parseIpAddress(text), parseHex(hex)));
}

for (const [text, hex] of [
  ['192.0.2.1', 'c0000201'],
  ['0.0.0.0', '00000000'],
  ['FE80::A', 'fe80000000000000000000000000000a'],
  ['1:2:3:4:5:6:192.0.2.1', '000100020003000400050006c0000201'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['0:0:0:0:0:0:0:1', '00000000000000000000000000000001'],
] as const) {
  test(`parseIpAddress reads ${text} as bytes`, (t) => t.deepEqual(parseIpAddress(text), parseHex(hex)));
}

const WRONG = [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.0.0.1',
  '01.2.3.4',
  '1.2.3.4 ',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'g::',
  '1:2:3:4:5:6:7:8::',
  '::1.2.3.4:5',
  '1.2.3.4::',
  '1:',
  ':1',
  'fe80::1%eth0',
];

for (const text of WRONG) {
  test(`parseIpAddress refuses "${text}"`, (t) => {
    t.throws(() => parseIpAddress(text), {
      instanceOf: TypeError,
      message: `cannot parse "${text}": an IP address is written as 192.0.2.1 or 2001:db8::1`,
    });
  });
}

test('parseIpAddress and the formats are inverse', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(16), (bytes, zeros) => {
      bytes.fill(0, 0, zeros);
      t.deepEqual(parseIpAddress(formatIpv6Address(bytes)), bytes);
      t.deepEqual(parseIpAddress(formatIpv4Address(bytes, 12)), bytes.subarray(12));
    }),
  );
});
