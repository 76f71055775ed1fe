import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const FRAMES = 10_000_000;
/** As much as a reader on a busy machine keeps up with: a TAP has no way to slow a sender down. */
const RATE = '120kpps';

/** Waits for the end of a run that takes minutes. */
async function finished(process: RunningProcess) {
  await eventually(() => !process.running, 'the end of the run', 600_000);
  return process.ended();
}

test.serial('flows stay in order when two threads send ten million stamped frames', async (t) => {
  t.timeout(900_000);
  ip('link add br0 type bridge mcast_snooping 0');
  ip('link set br0 up');
  for (const name of ['in0', 'out0']) {
    await done('create', name, '--persist', '--up', '--queues', '4', '--txqueuelen', '200000');
    ip(`link set ${name} master br0`);
  }
  const dump = start(['rx-dump', 'out0', '--verify', '--json', '-q', 'all']);
  await dump.waitFor(/listening on/, 'stderr');
  await eventually(() => !ipLink('out0').flags.includes('NO-CARRIER'), 'the carrier');
  const words = [
    '--udp',
    '10.0.0.1:1-10.0.0.2:2',
    '--vary',
    'src-port=1..1000',
    '--dst-mac',
    '02:00:00:00:00:09',
  ];
  const sending = ['--stamp', '-L', String(FRAMES), '--rate', RATE, '-q', 'all', '--threads', '2', '--json'];
  const sent = await finished(start(['tx-inject', 'in0', ...words, ...sending]));
  t.is(sent.code, 0, sent.stderr);
  const ledger = JSON.parse(sent.stdout) as { readonly accepted: number; readonly kernel: number };
  t.like(ledger, { accepted: FRAMES, kernel: FRAMES });
  const { stdout } = await dump.stop();
  const findings = JSON.parse(stdout) as {
    readonly queues: readonly unknown[];
    readonly streams: readonly unknown[];
  };
  t.like(findings, {
    faultless: true,
    expected: FRAMES,
    received: FRAMES,
    lost: 0,
    out_of_order: 0,
    duplicates: 0,
    missed: 0,
  });
  t.deepEqual([findings.queues.length, findings.streams.length], [4, 4]);
});
