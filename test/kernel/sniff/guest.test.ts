import test, { type ExecutionContext } from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, start } from '../command.js';
import { Guest, missingForGuest } from '../hold/guest.js';
import { ready } from '../hold/ready-holder.js';
import { enterWorkspace } from '../workspace.js';

const workspace = enterWorkspace();

const HOST = '192.0.2.1';

const missing = missingForGuest();
const title = 'sniff shows the traffic of a guest of QEMU, queue by queue';
if (missing !== undefined && !process.env.CI) test.skip(`${title}: ${missing}`, () => {});
else test(title, run);

async function run(t: ExecutionContext): Promise<void> {
  t.timeout(600_000);
  t.is(missing, undefined);
  await done('create', 'io0', '--persist', '--up', '--queues', '2');
  ip(`address add ${HOST}/24 dev io0`);
  const holder = await ready('hold', 'io0');
  const guest = Guest.start(['io0', '-q', '0-1'], workspace.directory);
  t.is(await guest.up(), 2);
  const all = start(['sniff', 'io0', '--json', 'icmp']);
  const queues = [0, 1].map((queue) => start(['sniff', 'io0', '-q', String(queue), '--json', 'icmp']));
  for (const sniff of [all, ...queues]) await sniff.waitFor(/listening on io0/, 'stderr');
  t.regex(await guest.run(`ping -q -c 4 ${HOST}`), / 0% packet loss/);
  const frames = await Promise.all(
    [all, ...queues].map(async (sniff) => framesOf((await sniff.stop()).stdout)),
  );
  const [seen = [], ...ofQueues] = frames;
  t.is(seen.filter(({ direction }) => direction === 'inbound').length, 4, 'what the guest sent');
  t.is(seen.filter(({ direction }) => direction === 'outbound').length, 4, 'what it was answered');
  for (const [queue, found] of ofQueues.entries())
    t.deepEqual(
      found,
      seen.filter((frame) => frame.queue === queue),
      `queue ${queue}`,
    );
  await guest.process.stop('SIGKILL');
  await holder.stop();
}

interface Frame {
  readonly queue: number;
  readonly direction: string;
  readonly data: string;
}

function framesOf(output: string): Frame[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { queue, direction, data } = JSON.parse(line) as Frame;
      return { queue, direction, data };
    });
}
