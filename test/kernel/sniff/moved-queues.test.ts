import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { setTunQueueAttached } from '../../../src/sys/tun.js';
import { HolderClient } from '../../../src/tap/lease/holder-client.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { FrameWatch } from '../../../src/tap/watch/frame-watch.js';
import { QueueCounter } from '../../../src/tap/watch/queue-counter.js';
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

/** Creates and holds a device of three queues, and borrows them all. */
async function borrowedDevice(name: string) {
  await done('create', name, '--persist', '--up', '--queues', '3');
  const holder = await ready('hold', name);
  const borrower = HolderClient.findRunning(findTap(name, ACTION), ACTION)!;
  borrower.send({ type: 'send', queues: [0, 1, 2] }, ACTION);
  const fds = borrower.next(ACTION).descriptors.map(({ fd }) => fd);
  return { holder, borrower, fds };
}

/** Detaches the first queue of the device and attaches it again, so that the kernel exchanges it with the last one. */
async function moveFirstQueue(name: string, fds: readonly number[]): Promise<void> {
  setTunQueueAttached(fds[0]!, false, PURPOSE);
  await eventuallyShown(name, ({ kernel_queues }) => kernel_queues.join() === [null, 1, 0].join());
  setTunQueueAttached(fds[0]!, true, PURPOSE);
  await eventuallyShown(name, ({ kernel_queues }) => kernel_queues.join() === [2, 1, 0].join());
}

test('a watch names the queues of the holder while a borrower has changed their order', async (t) => {
  const { holder, borrower, fds } = await borrowedDevice('seen0');
  const watchAgain = () => FrameWatch.open('seen0', { immediate: true });
  {
    using watch = watchAgain();
    t.deepEqual(await seenQueues(watch, fds), [0, 1, 2]);
  }
  using follower = watchAgain();
  await moveFirstQueue('seen0', fds);
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

test('a counter counts by the numbers of the holder while a borrower has changed the order of the queues', async (t) => {
  const { holder, borrower, fds } = await borrowedDevice('sums0');
  const link = findTap('sums0', ACTION);
  using follower = QueueCounter.open(link);
  await moveFirstQueue('sums0', fds);
  using counter = QueueCounter.open(link);
  const counted = (of: QueueCounter) => of.read().map(({ tx }) => tx);
  const sendOneTwoThree = () => {
    for (const [queue, fd] of fds.entries())
      for (let count = 0; count <= queue; count++) writeSync(fd, frameOf(queue));
  };
  sendOneTwoThree();
  t.deepEqual(counted(counter), [1, 2, 3], 'one that begins now');
  // The holder reports the order within some milliseconds. Packets that pass before are counted under the numbers of the kernel.
  for (let isRight = false; !isRight; await nextTurn()) {
    const before = counted(follower);
    sendOneTwoThree();
    isRight = counted(follower).every((count, queue) => count - before[queue]! === queue + 1);
  }
  borrower[Symbol.dispose]();
  await holder.stop();
});
