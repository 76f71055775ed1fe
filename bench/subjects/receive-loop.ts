/**
 * Receives frames from a TAP: bursts of reads that never wait, and a poll that sleeps while there are none.
 *
 *   node receive-loop.js DEVICE BURST SECONDS
 *
 * Prints "ready", waits for a line, reads for a while without measuring (V8 compiles the code) and then for SECONDS.
 * Prints the number of frames, the seconds, and the seconds of processor time.
 */
import { once } from 'node:events';
import type { FrameBurst } from '../../src/tap/memory/frame-burst.js';
import { TapDevice } from '../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../src/tap/queue/tap-queue.js';
import { PollRing } from '../../src/uring/poll-ring.js';
import { processorSeconds } from './processor-seconds.js';

const WARM_MS = 300;

/** Reads until the clock shows `endMs`. Returns how many frames came. */
function receiveUntil(endMs: number, queue: TapQueue, burst: FrameBurst, polls: PollRing): number {
  let frames = 0;
  while (performance.now() < endMs) {
    const received = queue.receive(burst);
    frames += received;
    if (received > 0) continue;
    polls.arm(queue.fd, 0);
    polls.wait();
    while (polls.next() >= 0);
  }
  return frames;
}

const [name = '', burstFrames, seconds] = process.argv.slice(2);
using device = TapDevice.open(name, { queueCount: 1, burstFrames: Number(burstFrames) });
using burst = device.allocateBurst();
using polls = new PollRing(1);
const queue = device.queues[0]!;
console.log('ready');
await once(process.stdin, 'data');
receiveUntil(performance.now() + WARM_MS, queue, burst, polls);
const start = performance.now();
const processorStart = processorSeconds();
const frames = receiveUntil(start + Number(seconds) * 1000, queue, burst, polls);
console.log(frames, (performance.now() - start) / 1000, processorSeconds() - processorStart);
process.stdin.destroy();
