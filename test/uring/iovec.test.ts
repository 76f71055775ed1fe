import test from 'ava';
import type { Platform } from '../../src/sys/platform.js';
import { HOST } from '../../src/sys/platform.js';
import { encodeIovec, IOVEC_SIZE, iovecLayout } from '../../src/uring/iovec.js';
import { hex } from './machine-bytes.js';

/** Address 0x12345678 and 65,600 bytes, in entry 1 of two. */
const GOLDEN: readonly [name: string, platform: Platform, bytes: string][] = [
  [
    '64 bits, little-endian',
    { pointerBytes: 8, littleEndian: true },
    '78 56 34 12 00 00 00 00 40 00 01 00 00 00 00 00',
  ],
  [
    '64 bits, big-endian',
    { pointerBytes: 8, littleEndian: false },
    '00 00 00 00 12 34 56 78 00 00 00 00 00 01 00 40',
  ],
  ['32 bits, little-endian', { pointerBytes: 4, littleEndian: true }, '78 56 34 12 40 00 01 00'],
  ['32 bits, big-endian', { pointerBytes: 4, littleEndian: false }, '12 34 56 78 00 01 00 40'],
];

for (const [name, platform, golden] of GOLDEN) {
  test(`encodeIovec writes the golden bytes when the platform has ${name}`, (t) => {
    const { size } = iovecLayout(platform.pointerBytes);
    const table = { bytes: new Uint8Array(2 * size) };
    encodeIovec(table, 1, { address: 0x1234_5678, length: 65_600 }, platform);
    t.is(hex(table.bytes.subarray(size)), golden);
    t.true(table.bytes.subarray(0, size).every((byte) => byte === 0));
  });
}

test('encodeIovec keeps every bit of a 47-bit address', (t) => {
  const table = { bytes: new Uint8Array(16) };
  encodeIovec(table, 0, { address: 0x7fff_ffff_f001, length: 1 }, { pointerBytes: 8, littleEndian: true });
  t.is(hex(table.bytes), '01 f0 ff ff ff 7f 00 00 01 00 00 00 00 00 00 00');
});

test('IOVEC_SIZE matches this process', (t) => {
  t.is(IOVEC_SIZE, 2 * HOST.pointerBytes);
});
