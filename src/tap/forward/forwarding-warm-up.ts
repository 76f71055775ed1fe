import {
  VIRTIO_NET_HDR_F_DATA_VALID,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_SIZE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TYPE,
  VIRTIO_NET_HDR_SIZE,
} from '../../packet/headers/virtio-net-header.js';
import { EventDescriptor } from '../../sys/event-descriptor.js';
import { c, checked } from '../../sys/libc.js';
import { pairUnix } from '../../sys/unix-socket.js';
import type { HandedQueue } from '../queue/handed-queue.js';
import { type ForwardingTask, ForwardingThread } from './forwarding-thread.js';
import { allocateLaneCounts } from './lane-counts.js';

/**
 * Rounds of the loop of two threads, one after the other. V8 compiles code again when it sees something new, such as the end of a
 * first thread or the start of a second. So a short pass shows it that, and the next one is long enough to compile everything.
 */
const ROUNDS = [1000, 3000];

const PURPOSE = { action: 'warm up', object: 'forwarding' };

/**
 * Carries frames between two connected sockets, as a thread does between two queues. What is written to one comes out
 * of the other, so that a few frames circulate.
 *
 * A forwarder of one frame a second would otherwise run in V8's interpreter for minutes: the first burst after a
 * pause takes three times as long there as in compiled code. The warm-up takes about 130 ms of processor time, once for a thread, and
 * touches no device.
 *
 * @param burstFrames frames of a burst, as the thread will use them
 */
export function warmUpForwarding(burstFrames: number): void {
  const [first, second] = pairUnix(PURPOSE);
  using _first = first;
  using _second = second;
  const queue = (fd: number): HandedQueue => ({
    fd,
    headerBytes: VIRTIO_NET_HDR_SIZE,
    number: 0,
    countersAddress: undefined,
  });
  for (const { fd } of [first, second])
    for (const frame of circulatingFrames())
      checked(PURPOSE, 'write', () => c.write(fd, frame, frame.length));
  using wake = new EventDescriptor();
  const devices = [[queue(first.fd)], [queue(second.fd)]] as const;
  for (const rounds of ROUNDS) {
    // A task that was posted to a thread is a structured clone, whose shape V8 tells from that of a literal.
    using thread = new ForwardingThread(structuredClone(taskBetween(devices, wake.fd, burstFrames)));
    thread.begin();
    for (let round = 0; round < rounds; round++) thread.advance();
  }
}

/**
 * A broadcast, a frame without its checksum, and one that is to be cut, each with its virtio-net header: code for a kind of frame
 * that comes later would be compiled then. They are fewer than a first burst asks for, so that the sleep is warmed up too.
 */
function circulatingFrames(): Uint8Array[] {
  const frame = (bytes: number, flags: number, gsoType: number, destination: number) => {
    const made = new Uint8Array(VIRTIO_NET_HDR_SIZE + bytes);
    made[VIRTIO_NET_HDR_FLAGS] = flags;
    made[VIRTIO_NET_HDR_GSO_TYPE] = gsoType;
    made.fill(1, VIRTIO_NET_HDR_GSO_SIZE, VIRTIO_NET_HDR_GSO_SIZE + 2);
    made.fill(destination, VIRTIO_NET_HDR_SIZE, VIRTIO_NET_HDR_SIZE + 6);
    return made;
  };
  return [
    frame(42, 0, VIRTIO_NET_HDR_GSO_NONE, 255),
    frame(98, VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_NONE, 2),
    frame(2000, VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_GSO_TCPV4, 2),
  ];
}

function taskBetween(
  devices: ForwardingTask['devices'],
  wakeFd: number,
  burstFrames: number,
): ForwardingTask {
  // In the order of forwarding.ts: to V8 an object with another order of properties has another shape.
  return {
    devices,
    laneCounts: allocateLaneCounts(2),
    state: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    budget: undefined,
    wakeFd,
    burstFrames,
    waitingFramesMax: [0, 0],
    busyPoll: false,
    lanes: [
      { from: 0, fromQueue: 0, toQueue: 0, number: 0, discard: false },
      { from: 1, fromQueue: 0, toQueue: 0, number: 1, discard: false },
    ],
  };
}
