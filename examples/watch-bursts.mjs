// Counts what arrives in each queue of a TAP device, and tells when the device goes up and down.
//
//   rtap create --iface io0 --persist --up && ip address add 192.0.2.1/24 dev io0
//   node watch-bursts.mjs io0 &
//   ping 192.0.2.2; kill -INT %1
import { LinkEvents, TapDevice } from 'rtap';

const IFF_UP = 0x1;

const [name = 'io0'] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

const device = TapDevice.open(name);
const counts = device.queues.map(() => ({ frames: 0, bytes: 0 }));

let isUp;
function noteLink({ index, flags }) {
  if (index !== device.ifindex || ((flags & IFF_UP) !== 0) === isUp) return;
  isUp = !isUp;
  console.log(`${name} is ${isUp ? 'up' : 'down'}`);
}

const events = LinkEvents.open(
  { onLink: noteLink, onGone: () => {}, onOverrun: () => {} },
  { signal: stop.signal },
);
const link = events.links.get(device.ifindex);
isUp = link !== undefined && (link.flags & IFF_UP) !== 0;
console.log(`watching ${device.queues.length} queues of ${name}, which is ${isUp ? 'up' : 'down'}`);

try {
  // The burst is borrowed: it is filled anew by the next step. While we work on it, the kernel keeps what comes.
  for await (const { queue, burst } of device.bursts({ signal: stop.signal })) {
    const count = counts[queue.number];
    count.frames += burst.count;
    for (let index = 0; index < burst.count; index++) count.bytes += burst.lengths[index];
  }
  console.log(`${name} is gone`);
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  events[Symbol.dispose]();
  device[Symbol.dispose]();
}

for (const [number, { frames, bytes }] of counts.entries())
  console.log(`queue ${number}: ${frames} frames, ${bytes} bytes`);
