/**
 * Sends 64-byte frames through one or two queues of a TAP, each from a thread of its own.
 *
 *   node send-loop.js DEVICE COUNT BURST THREADS
 *
 * Each thread sends COUNT frames in bursts of BURST. The first frames are not measured: V8 compiles the code. Prints
 * the frames of all threads, the seconds from the first start to the last end, and the seconds of processor time of
 * the process.
 */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { waitUntilRunning } from '../../src/tap/queue/sending-device.js';
import { TapDevice } from '../../src/tap/queue/tap-device.js';
import { broadcastFrame } from './frame.js';
import { processorSeconds } from './processor-seconds.js';

interface Task {
  readonly name: string;
  readonly count: number;
  readonly burstFrames: number;
  readonly queue: number;
}

const WARM_FRAMES = 200_000;
const CARRIER_TIMEOUT_MS = 10_000;

function send(device: TapDevice, frame: Uint8Array, count: number): void {
  using burst = device.allocateBurst();
  const queue = device.queues[0]!;
  // Filled once, as the loops in C do.
  while (burst.append(frame));
  for (let sent = 0; sent < count; ) sent += queue.send(burst);
}

async function runThread({ name, count, burstFrames, queue }: Task): Promise<void> {
  const port = parentPort!;
  using device = TapDevice.open(name, { queueCount: 1, firstQueue: queue, share: true, burstFrames });
  if (!(await waitUntilRunning(device.ifindex, CARRIER_TIMEOUT_MS)))
    throw new Error(`${name} has no carrier`);
  const frame = broadcastFrame(queue);
  send(device, frame, WARM_FRAMES);
  port.postMessage('ready');
  await once(port, 'message');
  send(device, frame, count);
  port.postMessage('done');
  // The queue stays open until the others are done: closing it would disturb them.
  await once(port, 'message');
  port.close();
}

async function runThreads(name: string, count: number, burstFrames: number, threads: number): Promise<void> {
  const workers = Array.from({ length: threads }, (_, queue) => {
    const task: Task = { name, count, burstFrames, queue };
    return new Worker(new URL(import.meta.url), { workerData: task });
  });
  const heard = (): Promise<unknown> => Promise.all(workers.map((worker) => once(worker, 'message')));
  await heard();
  const start = performance.now();
  const processorStart = processorSeconds();
  const done = heard();
  for (const worker of workers) worker.postMessage('go');
  await done;
  const seconds = (performance.now() - start) / 1000;
  console.log(count * threads, seconds, processorSeconds() - processorStart);
  for (const worker of workers) worker.postMessage('end');
}

if (isMainThread) {
  const [name = '', count, burstFrames, threads] = process.argv.slice(2);
  await runThreads(name, Number(count), Number(burstFrames), Number(threads));
} else {
  await runThread(workerData as Task);
}
