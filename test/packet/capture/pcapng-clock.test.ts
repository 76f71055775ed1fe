import test from 'ava';
import fc from 'fast-check';
import { PcapngClock } from '../../../src/packet/capture/pcapng-clock.js';

const rows: readonly (readonly [
  what: string,
  resolution: number,
  offset: number,
  ticks: bigint,
  seconds: number,
  nanoseconds: number,
])[] = [
  ['seconds', 0, 0, 1700000000n, 1700000000, 0],
  ['microseconds', 6, 0, 1700000000123456n, 1700000000, 123456000],
  ['nanoseconds', 9, 0, 1700000000123456789n, 1700000000, 123456789],
  ['picoseconds', 12, 0, 1700000123456789999n, 1700000, 123456789],
  ['2^-10 s', 0x8a, 0, 1024n * 5n + 512n, 5, 500000000],
  ['2^-20 s', 0x94, 0, 1048576n * 1700000000n + 1n, 1700000000, 953],
  ['2^-32 s', 0xa0, 0, 0x6553f100_80000000n, 1700000000, 500000000],
  ['microseconds with an offset', 6, 1000, 5000001n, 1005, 1000],
  ['microseconds with a negative offset', 6, -5, 5000001n, 0, 1000],
  ['the greatest nanosecond', 9, 0, 0xffffffffffffffffn, 18446744073, 709551615],
];

for (const [what, resolution, offset, ticks, seconds, nanoseconds] of rows) {
  test(`PcapngClock reads ${what}`, (t) => {
    const clock = new PcapngClock(resolution, BigInt(offset));
    clock.read(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
    t.deepEqual([clock.seconds, clock.nanoseconds], [seconds, nanoseconds]);
  });
}

test('PcapngClock divides as big integers do, at every resolution', (t) => {
  const resolution = fc.oneof(
    fc.nat(20),
    fc.nat(64).map((exponent) => 0x80 | exponent),
  );
  fc.assert(
    fc.property(
      resolution,
      fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (value, ticks, offset) => {
        const clock = new PcapngClock(value, offset);
        clock.read(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
        const units = ((value & 0x80) === 0 ? 10n : 2n) ** BigInt(value & 0x7f);
        const seconds = ticks / units + offset;
        t.is(clock.seconds, Number(seconds));
        t.is(clock.exactSeconds ?? BigInt(clock.seconds), seconds);
        t.is(clock.nanoseconds, Number(((ticks % units) * 1000000000n) / units));
      },
    ),
    { numRuns: 2000 },
  );
});
