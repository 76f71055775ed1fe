import test from 'ava';
import { BenchDevice } from '../../../src/measure/bench-device.js';
import { assertFaultless, assertNothingLeft, assertRate, reportOf } from './bench-report.js';

test.serial('bench measures two queues on two threads', async (t) => {
  const words = ['--size', '64', '--queues', '2', '--threads', '2'];
  for (const mode of ['tx', 'rx', 'fwd']) {
    const { rows } = await reportOf(t, mode, ...words);
    for (const row of rows) {
      assertRate(t, row);
      if (row.engine.includes('bursts')) assertFaultless(t, row);
    }
  }
});

test.serial('bench --napi measures devices whose queues have IFF_NAPI, as the kernel says', async (t) => {
  const report = await reportOf(t, 'tx', '--size', '64', '--napi');
  t.true(report.napi);
  for (const row of report.rows) {
    assertRate(t, row);
    assertFaultless(t, row);
  }
  assertNothingLeft(t);
  using device = await BenchDevice.make(2, true);
  t.deepEqual(
    device.taps.map(({ napi }) => napi),
    [true, true],
  );
});

test.serial('bench fwd carries frames in order, and TCP with offloads and without', async (t) => {
  const { rows } = await reportOf(t, 'fwd', '--size', '1500');
  t.is(rows.length, 5);
  for (const row of rows) {
    assertRate(t, row);
    if (row.size !== undefined) assertFaultless(t, row);
  }
  assertNothingLeft(t);
});
