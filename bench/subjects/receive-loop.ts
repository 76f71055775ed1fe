/**
 * Receives frames from a TAP: one poll, then bursts of reads that never wait, until the queue is empty.
 *
 *   node receive-loop.js DEVICE BURST FILLS
 *
 * Prints "ready" and waits for a line. Then it fills the queue with 64-byte frames FILLS times through an AF_PACKET socket, and
 * measures only how long it takes to empty it. The first fills are not measured: V8 compiles the code. Prints the number
 * of frames, the seconds, and the seconds of processor time.
 */
import { once } from 'node:events';
import { PacketBatch } from '../../src/sys/packet-batch.js';
import type { FrameBurst } from '../../src/tap/memory/frame-burst.js';
import { TapDevice } from '../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../src/tap/queue/tap-queue.js';
import { PollRing } from '../../src/uring/poll-ring.js';
import { BROADCAST_FRAME } from './frame.js';
import { processorSeconds } from './processor-seconds.js';

/** As in bench/c/ring-reader.c. A queue holds 1,000 frames. */
const FILL_FRAMES = 900;
const WARM_FILLS = 200;

/** Receives all that waits in the queue. Returns how many frames came. */
function empty(queue: TapQueue, burst: FrameBurst, polls: PollRing): number {
  let frames = 0;
  polls.arm(queue.fd, 0);
  polls.wait();
  while (polls.next() >= 0);
  do frames += queue.receive(burst);
  while (!queue.emptied);
  return frames;
}

const [name = '', burstFrames, fills] = process.argv.slice(2);
using device = TapDevice.open(name, { queueCount: 1, burstFrames: Number(burstFrames) });
using burst = device.allocateBurst();
using polls = new PollRing(1);
using waiting = new PacketBatch(device.ifindex, FILL_FRAMES, BROADCAST_FRAME.length);
for (let number = 0; number < FILL_FRAMES; number++)
  waiting.bytes.set(BROADCAST_FRAME, number * waiting.stride);
const queue = device.queues[0]!;
console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();
let frames = 0;
let seconds = 0;
let processor = 0;
for (let done = -WARM_FILLS; done < Number(fills); done++) {
  if (waiting.send() !== FILL_FRAMES) throw new Error('the queue was not filled');
  const processorStart = processorSeconds();
  const start = performance.now();
  const came = empty(queue, burst, polls);
  const end = performance.now();
  if (done < 0) continue;
  frames += came;
  seconds += (end - start) / 1000;
  processor += processorSeconds() - processorStart;
}
console.log(frames, seconds, processor);
