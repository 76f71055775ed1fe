import test from 'ava';
import { checksumState } from '../../../src/packet/offload/checksum-state.js';

test('checksumState agrees with the flags', (t) => {
  t.deepEqual(
    [0, 1, 2, 3, 4, 6].map((flags) => checksumState({ flags })),
    ['unknown', 'partial', 'good', 'partial', 'unknown', 'good'],
  );
});
