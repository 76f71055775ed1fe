import test from 'ava';
import { setTunQueueAttached } from '../../../src/sys/tun.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { done, json } from '../command.js';
import { eventuallyShown, ready } from '../hold/ready-holder.js';
import { enterWorkspace } from '../workspace.js';
import { assertQueues, SteeredDevice } from './steered-device.js';

enterWorkspace();

const PURPOSE = { action: 'try', object: 'queue' };
const ACTION = 'try';
/** The queues of ports 0 to 21,844, 21,845 to 43,689, and 43,690 and more. */
const MAP = '0-21844=0,21845-43689=1,43690-65535=2';
const queueOfPort = (port: number) => Math.min(Math.floor(port / 21_845), 2);

/** Waits until the holder of `name` tells these indices. */
async function untilIndexes(name: string, wanted: readonly (number | null)[]): Promise<void> {
  await eventuallyShown(name, ({ kernel_queues }) => kernel_queues.join() === wanted.join());
}

test('a rule leads to the queues of the holder while a borrower has changed their order', async (t) => {
  await done('create', 'move0', '--persist', '--up', '--queues', '3', '--txqueuelen', '20000');
  const holder = await ready('hold', 'move0');
  using device = await SteeredDevice.open('move0');
  const assertSteered = () =>
    assertQueues(t, device, { kinds: ['udp4'], count: 300 }, ({ dport = 0 }) => queueOfPort(dport));
  await done('steer', 'move0', '--by', 'udp-dst-port', '--map', MAP);
  await assertSteered();
  const borrower = HolderClient.findRunning(findTap('move0', ACTION), ACTION)!;
  borrower.send({ type: 'send', queues: [0] }, ACTION);
  const [queue] = borrower.next(ACTION).descriptors;
  setTunQueueAttached(queue!.fd, false, PURPOSE);
  await untilIndexes('move0', [null, 1, 0]);
  setTunQueueAttached(queue!.fd, true, PURPOSE);
  await untilIndexes('move0', [2, 1, 0]);
  await assertSteered();
  t.like(await json('steer', 'move0'), { steer: { by: 'udp-dst-port', map: MAP } });
  // A rule that is set meanwhile leads there, too.
  await done('steer', 'move0', 'off');
  await done('steer', 'move0', '--by', 'dst-port', '--map', MAP);
  await assertSteered();
  queue![Symbol.dispose]();
  borrower[Symbol.dispose]();
  // Queues 0 and 2 have a reader, which would lose frames.
  await untilIndexes('move0', [2, 1, 0]);
  await assertSteered();
  device[Symbol.dispose]();
  await untilIndexes('move0', [0, 1, 2]);
  using again = await SteeredDevice.open('move0');
  await assertQueues(t, again, { kinds: ['udp4'], count: 300 }, ({ dport = 0 }) => queueOfPort(dport));
  again[Symbol.dispose]();
  await holder.stop();
});
