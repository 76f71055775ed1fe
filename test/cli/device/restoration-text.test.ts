import test from 'ava';
import { describeRestoration } from '../../../src/cli/device/restoration-text.js';

test('describeRestoration names what was put back, and whose changes these were', (t) => {
  const borrower = { pid: 7, command: 'qemu' };
  t.is(
    describeRestoration({
      borrower,
      attached: [1],
      nonblocking: [0, 1],
      header: 10,
      offloads: ['csum', 'tso4'],
      order: true,
    }),
    'put back after qemu (pid 7): queue 1 attached, queues 0-1 non-blocking, header 10 bytes, offloads csum tso4, order of the queues',
  );
  const nothing = { attached: [], nonblocking: [], offloads: [] };
  for (const unknown of [null, { pid: 0, command: '?' }])
    t.is(describeRestoration({ borrower: unknown, ...nothing }), 'put back: offloads none');
});
