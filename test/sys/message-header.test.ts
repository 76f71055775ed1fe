import test from 'ava';
import { cmsghdrLayout, controlSpace, msghdrLayout } from '../../src/sys/message-header.js';

test('msghdrLayout and cmsghdrLayout depend on the pointer width', (t) => {
  t.deepEqual(
    [msghdrLayout(8).size, Object.values(msghdrLayout(8).offsets)],
    [56, [0, 8, 16, 24, 32, 40, 48]],
  );
  t.deepEqual(
    [msghdrLayout(4).size, Object.values(msghdrLayout(4).offsets)],
    [28, [0, 4, 8, 12, 16, 20, 24]],
  );
  t.deepEqual([cmsghdrLayout(8).size, cmsghdrLayout(4).size], [16, 12]);
});

test('controlSpace pads data to the width of a size_t', (t) => {
  t.deepEqual(
    [0, 4, 8, 12, 512].map((bytes) => controlSpace(bytes, 8)),
    [16, 24, 24, 32, 528],
  );
  t.deepEqual(
    [0, 4, 8].map((bytes) => controlSpace(bytes, 4)),
    [12, 16, 20],
  );
});
