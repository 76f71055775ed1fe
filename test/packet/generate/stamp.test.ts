import test from 'ava';
import fc from 'fast-check';
import { formatHex, parseHex } from '../../../src/packet/bytes/hex.js';
import { readStamp, STAMP_SIZE, type Stamp, writeStamp } from '../../../src/packet/generate/stamp.js';
import { ChecksummedFrame } from '../../../src/packet/offload/checksummed-frame.js';

/** Magic and version, stream, sequence (high, low), seconds, nanoseconds. */
const GOLDEN = '72545301 abcd 00000001 fffffffe 6553f100 075bcd15'.replaceAll(' ', '');
const FACTS: Stamp = {
  stream: 0xabcd,
  sequence: 0x1_ffff_fffe,
  seconds: 1_700_000_000,
  nanoseconds: 123_456_789,
};

/** A frame without checksums of its own. */
function unsummed(bytes: Uint8Array): ChecksummedFrame {
  return new ChecksummedFrame(bytes, { zeroMeansNone: false });
}

function emptyFacts(): Stamp {
  return { stream: 0, sequence: 0, seconds: 0, nanoseconds: 0 };
}

test('writeStamp writes the bytes that the manual describes', (t) => {
  const bytes = new Uint8Array(STAMP_SIZE + 3).fill(0xee);
  writeStamp(unsummed(bytes), 2, FACTS);
  t.is(formatHex(bytes), `eeee${GOLDEN}ee`);
});

test('readStamp reads them', (t) => {
  const facts = emptyFacts();
  t.true(readStamp(parseHex(`eeee${GOLDEN}ee`), 2, facts));
  t.deepEqual(facts, FACTS);
});

test('readStamp reads what writeStamp wrote', (t) => {
  const stamps = fc.record({
    stream: fc.nat(0xffff),
    sequence: fc.maxSafeNat(),
    seconds: fc.nat(0x7fff_ffff).map((value) => value * 2 + 1),
    nanoseconds: fc.nat(999_999_999),
  });
  fc.assert(
    fc.property(stamps, fc.nat(9), (stamp, words) => {
      const offset = 2 * words;
      const bytes = new Uint8Array(offset + STAMP_SIZE);
      writeStamp(unsummed(bytes), offset, stamp);
      const facts = emptyFacts();
      t.true(readStamp(bytes, offset, facts));
      t.deepEqual(facts, stamp);
    }),
  );
});

test('readStamp refuses bytes that are cut or no stamp', (t) => {
  const whole = parseHex(GOLDEN);
  const refused = (bytes: Uint8Array, offset = 0) => {
    const facts = { ...FACTS };
    t.false(readStamp(bytes, offset, facts));
    t.deepEqual(facts, FACTS, 'nothing changed');
  };
  for (let length = 0; length < STAMP_SIZE; length++) refused(whole.subarray(0, length));
  refused(whole, 1);
  refused(whole, -1);
  for (let at = 0; at < 4; at++) refused(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)));
  refused(parseHex(GOLDEN.replace('075bcd15', '3b9aca00')));
  refused(parseHex(GOLDEN.replace('00000001fffffffe', '0020000000000000')));
});
