import test from 'ava';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import { encodeUnixAddress, throughDirectory } from '../../src/sys/unix-address.js';

const FAMILY = LITTLE_ENDIAN ? [1, 0] : [0, 1];

test('encodeUnixAddress ends a path with a NUL, and an abstract name with the address', (t) => {
  t.deepEqual([...encodeUnixAddress('/a')], [...FAMILY, 0x2f, 0x61, 0]);
  t.deepEqual([...encodeUnixAddress('@a')], [...FAMILY, 0, 0x61]);
});

test('encodeUnixAddress takes 107 bytes, and throws for more', (t) => {
  t.is(encodeUnixAddress('x'.repeat(107)).length, 110);
  const long = 'x'.repeat(108);
  t.throws(() => encodeUnixAddress(long), {
    instanceOf: RangeError,
    message: `cannot use socket "${long}": its path has 108 bytes, at most 107 are possible`,
  });
  t.throws(() => encodeUnixAddress('ä'.repeat(54)), { instanceOf: RangeError });
});

test('throughDirectory returns a short path for any folder', (t) => {
  t.is(throughDirectory(12, 'holder'), '/proc/self/fd/12/holder');
});
