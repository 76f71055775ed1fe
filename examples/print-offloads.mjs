// Prints what the kernel left unfinished in the frames that it sends out of a TAP device: checksums, and the cutting.
//
//   rtap create --iface io0 --persist --up && ip address add 192.0.2.1/24 dev io0
//   ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev io0
//   node print-offloads.mjs io0 &
//   echo hello >/dev/udp/192.0.2.2/9
import { checksumState, ReceiveLoop, segmentationKind, summarizeFrame, TapDevice } from 'rtap';

const [name = 'io0'] = process.argv.slice(2);

/** `checksum partial, tcp4 in pieces of 1448`, and the frame in a line. */
function describe(frame, facts) {
  const kind = segmentationKind(facts) ?? `gso type ${facts.gsoType}`;
  const pieces = kind === 'none' ? 'one frame' : `${kind} in pieces of ${facts.gsoBytes}`;
  return `checksum ${checksumState(facts)}, ${pieces}: ${summarizeFrame(frame, frame.length)}`;
}

const device = TapDevice.open(name);
const loop = new ReceiveLoop(device, device.queues, {
  framesWanted: () => Number.POSITIVE_INFINITY,
  onBurst(queue, burst) {
    for (let index = 0; index < burst.count; index++) {
      // Both are borrowed: they are gone when onBurst returns.
      console.log(`queue ${queue.number}: ${describe(burst.frame(index), burst.facts(index))}`);
    }
  },
  onGone() {
    console.error(`${name} is gone`);
    stop();
  },
});

function stop() {
  loop[Symbol.dispose]();
  device[Symbol.dispose]();
}

process.once('SIGINT', stop);
process.once('SIGTERM', stop);
console.log(`reading ${name}, ${device.queues.length} queues`);
