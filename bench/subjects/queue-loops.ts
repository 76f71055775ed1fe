/**
 * Receives or forwards the frames of one flow while the other queues are idle. Prints the nanoseconds of processor
 * time for each frame. The first frames are not measured: V8 compiles the code.
 *
 *   node queue-loops.js rx|fwd QUEUES FRAMES
 *
 * rx is a ReceiveLoop: for each burst that came it sends one, which comes back from the other port of a bridge. fwd
 * lets a forwarder carry a few frames round and round.
 */
import { ReceiveLoop } from '../../src/tap/queue/receive-loop.js';
import { fillAndSend, makeBridgedDevices, NAMES, openBridged } from './bridged-devices.js';
import { withCirclingForwarder } from './circling-forwarder.js';
import { processorSeconds } from './processor-seconds.js';

const WARM_FRAMES = 100_000;
const KICK_MS = 10;

async function receive(frames: number): Promise<number> {
  using device = await openBridged(NAMES[0]);
  using other = await openBridged(NAMES[1]);
  using outgoing = device.allocateBurst();
  const queue = device.queues[0]!;
  let received = 0;
  let missing = 0;
  let start = 0;
  let seen = 0;
  // The bridge may lose the first frames, because its port has just come up.
  const kick = setInterval(() => {
    if (received === seen) missing = fillAndSend(queue, outgoing);
    seen = received;
  }, KICK_MS);
  return await new Promise<number>((resolve) => {
    const loop = new ReceiveLoop(other, other.queues, {
      framesWanted: () => Number.POSITIVE_INFINITY,
      onBurst(_, { count }) {
        const before = received;
        received += count;
        missing -= count;
        if (before < WARM_FRAMES && received >= WARM_FRAMES) start = processorSeconds();
        if (received < WARM_FRAMES + frames) {
          if (missing <= 0) missing = fillAndSend(queue, outgoing);
          return;
        }
        clearInterval(kick);
        loop[Symbol.dispose]();
        resolve((processorSeconds() - start) / frames);
      },
      onGone: () => {},
    });
  });
}

async function forward(frames: number): Promise<number> {
  let seconds = 0;
  await withCirclingForwarder(async (prepare) => {
    (await prepare(WARM_FRAMES))();
    const run = await prepare(frames);
    const start = processorSeconds();
    run();
    seconds = processorSeconds() - start;
  });
  return seconds / frames;
}

const [kind, queues, frames] = process.argv.slice(2);
makeBridgedDevices(Number(queues));
const seconds = await (kind === 'fwd' ? forward : receive)(Number(frames));
console.log((seconds * 1e9).toFixed(0));
