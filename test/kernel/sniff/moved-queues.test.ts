import { writeSync } from 'node:fs';
import test from 'ava';
import { setTunQueueAttached } from '../../../src/sys/tun.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { FrameWatch } from '../../../src/tap/watch/frame-watch.js';
import { done } from '../command.js';
import { eventuallyShown, ready } from '../hold/ready-holder.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const PURPOSE = { action: 'try', object: 'queue' };
const ACTION = 'try';
const HEADER_BYTES = 10;
const ETH_P_TEST = 0x88b5;

/** A frame that says from which queue it is sent. */
function frameOf(queue: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + 60);
  frame.writeUInt16BE(ETH_P_TEST, HEADER_BYTES + 12);
  frame[HEADER_BYTES + 14] = queue;
  return frame;
}

/** Sends a frame into each queue until `watch` sees them, and returns the queues that it names, by the queue of each frame. */
async function seenQueues(watch: FrameWatch, fds: readonly number[]): Promise<number[]> {
  const seen = new Map<number, number>();
  for (const [queue, fd] of fds.entries()) writeSync(fd, frameOf(queue));
  for await (const burst of watch.bursts()) {
    for (let index = 0; index < burst.count; index++) {
      const view = Buffer.from(burst.frame(index));
      if (view.readUInt16BE(12) === ETH_P_TEST) seen.set(view[14]!, burst.queues[index]!);
    }
    if (seen.size === fds.length) break;
  }
  return fds.map((_, queue) => seen.get(queue)!);
}

test('a watch names the queues of the holder while a borrower has changed their order', async (t) => {
  await done('create', 'seen0', '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', 'seen0');
  const borrower = HolderClient.findRunning(findTap('seen0', ACTION), ACTION)!;
  borrower.send({ type: 'send', queues: [0, 1, 2] }, ACTION);
  const fds = borrower.next(ACTION).descriptors.map(({ fd }) => fd);
  const watchAgain = () => FrameWatch.open('seen0', { immediate: true });
  {
    using watch = watchAgain();
    t.deepEqual(await seenQueues(watch, fds), [0, 1, 2]);
  }
  using follower = watchAgain();
  setTunQueueAttached(fds[0]!, false, PURPOSE);
  await eventuallyShown('seen0', ({ kernel_queues }) => kernel_queues.join() === [null, 1, 0].join());
  setTunQueueAttached(fds[0]!, true, PURPOSE);
  await eventuallyShown('seen0', ({ kernel_queues }) => kernel_queues.join() === [2, 1, 0].join());
  using watch = watchAgain();
  t.deepEqual(await seenQueues(watch, fds), [0, 1, 2], 'one that begins now');
  // The holder tells it within some milliseconds. Frames that pass before have the numbers of the kernel.
  for (;;) {
    const seen = await seenQueues(follower, fds);
    if (seen.join() === '0,1,2') break;
  }
  borrower[Symbol.dispose]();
  await eventuallyShown('seen0', ({ kernel_queues }) => kernel_queues.join() === [0, 1, 2].join());
  await holder.stop();
  t.pass();
});
