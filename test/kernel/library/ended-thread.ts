import { parentPort, workerData } from 'node:worker_threads';
import { TapDevice } from '../../../src/index.js';

// Opens a device in a worker thread, and ends without giving it back, or after giving it back many times.
const { name, way } = workerData as { readonly name: string; readonly way: string };

process.on('warning', ({ message }) => parentPort!.postMessage(message));

if (way === 'disposes')
  for (let round = 0; round < 30; round++) {
    using _device = TapDevice.open(name);
  }
else {
  const device = TapDevice.open(name, { share: true });
  using burst = device.allocateBurst();
  for (const queue of device.queues) queue.receive(burst);
}
parentPort!.postMessage('open');
if (way === 'is terminated') setInterval(() => {}, 60_000);
if (way === 'exits') process.exit(0);
