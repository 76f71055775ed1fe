/**
 * Sends 64-byte frames through a queue of a TAP.
 *
 *   node send-loop.js DEVICE COUNT BURST
 *
 * Sends COUNT frames in bursts of BURST. The first frames are not measured: V8 compiles the code. Prints the number of frames, the
 * seconds, and the seconds of processor time.
 */
import { waitUntilRunning } from '../../src/tap/queue/sending-device.js';
import { TapDevice } from '../../src/tap/queue/tap-device.js';
import { BROADCAST_FRAME } from './frame.js';
import { processorSeconds } from './processor-seconds.js';

const WARM_FRAMES = 200_000;
const CARRIER_TIMEOUT_MS = 10_000;

const [name = '', count, burstFrames] = process.argv.slice(2);
using device = TapDevice.open(name, { queueCount: 1, burstFrames: Number(burstFrames) });
if (!(await waitUntilRunning(device.ifindex, CARRIER_TIMEOUT_MS))) throw new Error(`${name} has no carrier`);
using burst = device.allocateBurst();
const queue = device.queues[0]!;
// Filled once, as the loop in C does.
while (burst.append(BROADCAST_FRAME));

/** Returns how many frames the kernel took. */
function send(frames: number): number {
  let sent = 0;
  while (sent < frames) sent += queue.send(burst);
  return sent;
}

send(WARM_FRAMES);
const start = performance.now();
const processorStart = processorSeconds();
const sent = send(Number(count));
console.log(sent, (performance.now() - start) / 1000, processorSeconds() - processorStart);
