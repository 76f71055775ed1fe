import { join } from 'node:path';
import test from 'ava';
import { openQueuesForSending } from '../../../src/tap/queue/sending-device.js';
import { ip } from '../../netlink/iproute2.js';
import { done, json, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { runPeer, startPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const FRAME = `02000000000102000000000288b5${'00'.repeat(46)}`;

const INJECTIONS = 60;
/** How long each injection keeps the queue open, while one frame comes each millisecond. */
const OPEN_MS = 40;
/**
 * Attach and instant detach take some 100 us, in which one frame in five chooses the new queue: half a percent is lost here, one
 * on a machine that is busy in between. A queue that stayed attached while it is open would take eight or more.
 */
const LOST_SHARE_MAX = 0.03;

/** Does what `rtap tx-inject` does, without the start of a process. */
async function injectOnce(queue: number): Promise<void> {
  const sending = openQueuesForSending('beside0', { selection: [queue], burstsPerQueue: 1 });
  using device = sending.device;
  using burst = device.allocateBurst();
  burst.append(Buffer.from(FRAME, 'hex'));
  sending.queues[0]!.send(burst);
  await new Promise((resolve) => setTimeout(resolve, OPEN_MS));
}

test.serial('tx-inject takes no frame from a reader beside it', async (t) => {
  await done('create', 'beside0', '--persist', '--up', '--queues', '4');
  ip(
    'addr add 10.8.0.1/24 dev beside0',
    'neigh add 10.8.0.2 lladdr 02:00:00:00:00:02 dev beside0 nud permanent',
  );
  const path = join(directory, 'read.pcap');
  const reader = start(['rx-dump', 'beside0', '-w', path]);
  await reader.waitFor(/listening/, 'stderr');
  await eventually(() => ipLink('beside0').flags.includes('LOWER_UP'), 'the carrier');
  // One frame a millisecond over many flows, so that each queue gets some.
  const sender = startPeer('udp_flows.py', ['10.8.0.2', 64, 0, 1000], { inputOpen: true });
  await eventually(() => ipLink('beside0').stats64.tx.packets > 10, 'the first frames');
  await done('tx-inject', 'beside0', '-q', '1', '--hex', FRAME);
  for (let injections = 1; injections < INJECTIONS; injections++) await injectOnce(injections % 4);
  sender.endInput();
  const sent = Number((await sender.ended()).stdout);
  const { code, stderr } = await reader.stop();
  t.is(code, 0, stderr);
  const check = JSON.parse(await runPeer('flow_check.py', path)) as Record<string, number>;
  const lost = sent - check.frames!;
  t.log(`${lost} of ${sent} frames lost in ${INJECTIONS} injections`);
  t.true(lost >= 0 && lost <= LOST_SHARE_MAX * sent, `${lost} of ${sent} frames lost`);
  t.like(check, { flows: 64, twice: 0, strange: 0 });
  t.is((await json<{ tx: { packets: number } }>('stats', 'beside0')).tx.packets, INJECTIONS);
  t.is(ipLink('beside0').linkinfo.info_data.numqueues ?? 0, 0);
});

test.serial('tx-inject sends into a device whose queues another process has, without --share', async (t) => {
  const holder = start(['create', 'held0', '--up', '--queues', '2']);
  await holder.waitFor(/ready/);
  await done('tx-inject', 'held0', '-q', '1', '--hex', FRAME);
  t.is(ipLink('held0').stats64.rx.packets, 1);
  t.is(ipLink('held0').linkinfo.info_data.numqueues, 2);
  await holder.stop();
});
