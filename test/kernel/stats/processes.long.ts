import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import { frameOf } from '../capture.js';
import { done, RTAP } from '../command.js';
import { withDeadline } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { deviceFolder, enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();
const PROCESSES = 200;

test('stats loses nothing when two hundred processes send one after another, and keeps one file', async (t) => {
  t.timeout(300_000);
  await done('create', 'long0', '--persist', '--up');
  // Two rows of a hundred, so that each process ends while another one counts.
  const script = `for round in $(seq ${PROCESSES / 2}); do "$0" tx-inject long0 -q "$1" --hex ${frameOf(1)} --count 3 2>&- || exit; done`;
  const rows = ['1', '2'].map((queue) => {
    const row = spawn('bash', ['-c', script, RTAP, queue], { stdio: ['ignore', 'ignore', 'inherit'] });
    t.teardown(() => row.kill());
    return once(row, 'exit');
  });
  const ends = await withDeadline(Promise.all(rows), 'both rows', 280_000);
  t.deepEqual(ends, [
    [0, null],
    [0, null],
  ]);
  const { total, queues } = readStatistics('long0');
  t.like(total, { txPackets: 3 * PROCESSES, txBytes: 180 * PROCESSES, txErrors: 0 });
  t.like(total, { txSize64: 3 * PROCESSES, txUnicast: 3 * PROCESSES });
  t.deepEqual(
    queues.map(({ txPackets }) => txPackets),
    [0, 1.5 * PROCESSES, 1.5 * PROCESSES, 0],
  );
  t.is(ipLink('long0').stats64.rx.packets, 3 * PROCESSES);
  const files = readdirSync(deviceFolder(workspace, ipLink('long0').ifindex));
  t.true(files.filter((name) => name.startsWith('counters-')).length <= 1, files.join(' '));
});
