import { EventDescriptor } from '../../sys/event-descriptor.js';
import { c, checked } from '../../sys/libc.js';
import { pairUnix } from '../../sys/unix-socket.js';
import type { HandedQueue } from '../queue/handed-queue.js';
import { type ForwardingTask, ForwardingThread } from './forwarding-thread.js';
import { allocateLaneCounts } from './lane-counts.js';

/** Rounds of the thread's loop: enough for V8 to compile all of it. */
const ROUNDS = 4000;

/** Frames that circulate: fewer than a first burst asks for, so that the sleep is warmed up too. */
const CIRCULATING = 3;

const FRAME_BYTES = 64;

const PURPOSE = { action: 'warm up', object: 'forwarding' };

/**
 * Carries frames between two connected sockets, as a thread does between two queues. What is written to one comes out
 * of the other, so that a few frames circulate.
 *
 * A forwarder of one frame a second would otherwise run in V8's interpreter for minutes: the first burst after a
 * pause takes three times as long there as in compiled code. The warm-up takes about 50 ms, once for a thread, and
 * touches no device.
 *
 * @param burstFrames frames of a burst, as the thread will use them
 */
export function warmUpForwarding(burstFrames: number): void {
  const [first, second] = pairUnix(PURPOSE);
  using _first = first;
  using _second = second;
  const headerBytes = 10;
  const queue = (fd: number): HandedQueue => ({ fd, number: 0, headerBytes, countersAddress: undefined });
  const frame = new Uint8Array(headerBytes + FRAME_BYTES);
  for (const { fd } of [first, second])
    for (let frames = 0; frames < CIRCULATING; frames++)
      checked(PURPOSE, 'write', () => c.write(fd, frame, frame.length));
  using wake = new EventDescriptor();
  const devices = [[queue(first.fd)], [queue(second.fd)]] as const;
  using thread = new ForwardingThread(taskBetween(devices, wake.fd, burstFrames));
  thread.begin();
  for (let rounds = 0; rounds < ROUNDS; rounds++) thread.advance();
}

function taskBetween(
  devices: ForwardingTask['devices'],
  wakeFd: number,
  burstFrames: number,
): ForwardingTask {
  return {
    devices,
    lanes: [
      { from: 0, fromQueue: 0, toQueue: 0, number: 0, discard: false },
      { from: 1, fromQueue: 0, toQueue: 0, number: 1, discard: false },
    ],
    laneCounts: allocateLaneCounts(2),
    state: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    budget: undefined,
    wakeFd,
    burstFrames,
    waitingFramesMax: [CIRCULATING, CIRCULATING],
    busyPoll: false,
  };
}
