import test from 'ava';
import { TXQUEUELEN_EVERYWHERE } from '../../../src/tap/state/limits.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { enterWorkspace } from '../workspace.js';
import { ready, type View } from './ready-holder.js';

enterWorkspace();

const TAKE_OVERS_MAX = 4;
/** Stamped frames that are sent meanwhile, 100,000 a second if the machine is fast enough. */
const LOAD_FRAMES_MIN = 200_000;
const LOAD_FRAMES_MAX = 2_000_000;
/** Frames that wait in one of four queues. */
const ROOM_FRAMES = 131_072;

/** Makes a device with room for five seconds of the load, in case it is read late; for one second on kernels that take no more. */
async function createRoomy(name: string): Promise<void> {
  const words = ['create', name, '--persist', '--up', '--txqueuelen'];
  const { code } = await run(...words, String(ROOM_FRAMES));
  if (code !== 0) await done(...words, String(TXQUEUELEN_EVERYWHERE));
}

// The bridge has no multicast snooping. With snooping it joins a group and sends an IGMP report, which is one frame more than
// tx-inject sent.
test.serial('take-overs under load lose no stamped frame', async (t) => {
  t.timeout(180_000);
  ip('link add br0 type bridge mcast_snooping 0', 'link set br0 up');
  for (const name of ['in0', 'out0']) {
    await createRoomy(name);
    ip(`link set ${name} master br0`);
  }
  let holder = await ready('hold', 'out0');
  const dump = start(['rx-dump', 'out0', '--verify', '--json']);
  await dump.waitFor(/listening/, 'stderr');
  await eventually(() => !ipLink('out0').flags.includes('NO-CARRIER'), 'the carrier');
  const sender = start([
    ...['tx-inject', 'in0', '--udp', '10.0.0.1:1000-10.0.0.2:2000', '--stamp'],
    ...['--vary', 'src-port=1000..1063', '--dst-mac', '02:00:00:00:00:09', '--size', '64'],
    ...['--rate', '100kpps', '--limit', String(LOAD_FRAMES_MAX), '--json'],
  ]);
  const sent = () => ipLink('out0').stats64.tx.packets;
  await eventually(() => sent() > 1000, 'the first frames');
  let takeOvers = 0;
  for (; takeOvers < TAKE_OVERS_MAX && sender.running; takeOvers++) {
    const next = await ready('hold', 'out0', '--take-over');
    t.is((await holder.ended()).code, 0);
    holder = next;
  }
  await eventually(() => sent() > LOAD_FRAMES_MIN, `${LOAD_FRAMES_MIN} frames`, 120_000);
  const ledger = JSON.parse((await sender.stop()).stdout) as {
    accepted: number;
    refused: object;
    pps: number;
  };
  await eventually(() => sent() === ledger.accepted, 'all frames to be read', 60_000);
  const { code, stdout, stderr } = await dump.stop();
  t.log(`${takeOvers} take-overs, ${ledger.accepted} frames, ${Math.round(ledger.pps)} frames a second`);
  t.is(code, 0, stderr + stdout);
  t.like(JSON.parse(stdout), {
    faultless: true,
    lost: 0,
    duplicates: 0,
    missed: 0,
    received: ledger.accepted,
  });
  t.deepEqual(ledger.refused, {});
  await holder.stop();
});

test.serial(
  'a successor that is killed at any moment ends no lease, and at most one holder is left',
  async (t) => {
    await done('create', 'kill0', '--persist', '--up', '--queues', '4');
    let holder = await ready('hold', 'kill0');
    const reader = start(['rx-dump', 'kill0', '-q', '2']);
    await reader.waitFor(/listening/, 'stderr');
    for (let round = 0; round < 8; round++) {
      const successor = start(['hold', 'kill0', '--take-over']);
      await new Promise((resolve) => setTimeout(resolve, 350 + round * 60));
      await successor.stop('SIGKILL');
      const { holder: shown, leases, attached } = await json<View>('show', 'kill0');
      if (shown?.pid === holder.pid) {
        t.deepEqual(leases, [{ pid: reader.pid, command: 'rx-dump', queues: [2] }]);
        t.is(ipLink('kill0').linkinfo.info_data.numqueues, 4);
      } else {
        // The successor had taken everything over: the old holder has ended, and the device has no holder.
        t.is((await holder.ended()).code, 0);
        t.deepEqual([shown, attached, leases], [null, [{ pid: reader.pid, command: 'rx-dump' }], []]);
        await reader.stop();
        holder = await ready('hold', 'kill0');
        break;
      }
    }
    await reader.stop();
    await holder.stop();
  },
);
