// Counts what passes a device in both directions, queue by queue, and takes nothing: another program may hold the device.
//
//   rtap create --iface io0 --persist --up && rtap hold io0 --detach && ip address add 192.0.2.1/24 dev io0
//   node sniff-queues.mjs io0 icmp &
//   ping 192.0.2.2; kill -INT %1
import { FrameWatch, summarizeFrame } from 'rtap';

const [name = 'io0', ...filter] = process.argv.slice(2);
const watch = FrameWatch.open(name, { filter: filter.join(' ') });
// Frames that passed before the signal are still counted.
process.once('SIGINT', () => watch.finish());
process.once('SIGTERM', () => watch.finish());
console.log(`watching ${name}`);

const counts = new Map();
let last = '';
for await (const burst of watch.bursts()) {
  // The burst is borrowed: it is filled anew by the next step. The kernel keeps what comes meanwhile.
  for (let index = 0; index < burst.count; index++) {
    const key = `queue ${burst.queues[index]} ${burst.outbound[index] === 1 ? 'out' : 'in'}`;
    const count = counts.get(key) ?? { frames: 0, bytes: 0 };
    count.frames += 1;
    count.bytes += burst.originalLengths[index];
    counts.set(key, count);
  }
  last = summarizeFrame(burst.frame(burst.count - 1), burst.originalLengths[burst.count - 1]);
}

for (const [key, { frames, bytes }] of [...counts].sort())
  console.log(`${key}: ${frames} frames, ${bytes} bytes`);
console.log(`last: ${last}`);
const { packets, drops } = watch.readCounts();
console.log(`${packets} frames matched, ${drops} were dropped because this program was too slow`);
watch[Symbol.dispose]();
