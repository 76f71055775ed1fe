import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { addBytes, finishChecksum, sumPseudoHeader } from '../../../src/packet/bytes/internet-checksum.js';

/** RFC 1071 word by word in big integers: slow and simple. */
function reference(bytes: Uint8Array): number {
  let sum = 0n;
  for (let at = 0; at < bytes.length; at += 2) sum += BigInt((bytes[at]! << 8) | (bytes[at + 1] ?? 0));
  while (sum > 0xffffn) sum = (sum >> 16n) + (sum & 0xffffn);
  return Number(~sum & 0xffffn);
}

const checksum = (bytes: Uint8Array) => finishChecksum(addBytes(0, bytes, 0, bytes.length));

test('addBytes gives the sum of the example in RFC 1071, section 3', (t) => {
  t.is(addBytes(0, Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7), 0, 8), 0xddf2);
});

test('a header with its checksum sums to zero', (t) => {
  const header = parseHex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');
  t.is(checksum(header), 0);
  header.set([0, 0], 10);
  t.is(checksum(header), 0xb861);
});

test('addBytes agrees with the reference on any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => t.is(checksum(bytes), reference(bytes))),
  );
});

for (const length of [1, 65533, 65534, 65535, 65536, 70001, 262144]) {
  test(`addBytes does not overflow on ${length} bytes of 0xff`, (t) => {
    const bytes = new Uint8Array(length).fill(0xff);
    t.is(checksum(bytes), reference(bytes));
  });
}

test('partial sums over even ranges add up to the whole', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(100), (bytes, half) => {
      const middle = Math.min(2 * half, bytes.length & ~1);
      const sum = addBytes(addBytes(0, bytes, 0, middle), bytes, middle, bytes.length);
      t.is(finishChecksum(sum), checksum(bytes));
    }),
  );
});

test('the IPv4 pseudo header is the addresses, zero, the protocol and the length', (t) => {
  const packet = parseHex('4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7');
  const pseudo = parseHex('c0a8 0001 c0a8 00c7 0011 005f');
  t.is(sumPseudoHeader(packet, 12, 16, 4, 17, 0x5f), addBytes(0, pseudo, 0, pseudo.length));
});

test('the IPv6 pseudo header carries lengths above 65,535', (t) => {
  const packet = parseHex(
    `6000 0000 0000 0640 ${'20010db8000000000000000000000001'} ${'20010db8000000000000000000000002'}`,
  );
  const pseudo = parseHex(
    `${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'} 00013880 00000006`,
  );
  t.is(sumPseudoHeader(packet, 8, 24, 16, 6, 80000), addBytes(0, pseudo, 0, pseudo.length));
});
