// Carries frames between two TAP devices, the second perhaps in another network namespace, and counts them.
//
//   rtap create --iface io0 --persist --up && rtap create --iface io1 --persist --up --netns blue
//   node forward-frames.mjs io0 io1 blue &
//   kill -INT %1
import { Forwarding } from 'rtap';

const [name = 'io0', peer = 'io1', namespace] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

// Its threads own the queues, attached here or borrowed from a holder, and give them back at the end.
const forwarding = Forwarding.open([{ name }, { name: peer, namespace }], { signal: stop.signal });
await forwarding.ready;
console.log(`forwarding between ${name} and ${peer}, threads: ${forwarding.threadCount}`);

const end = await forwarding.ended;
const names = [name, peer];
if (end.reason === 'gone') console.log(`${names[end.device]} is gone`);
for (const { from, fromQueue, toQueue, received, sent, refused } of forwarding.report()) {
  const lost = Object.entries(refused).map(([errno, count]) => `, ${count} refused with ${errno}`);
  console.log(
    `${names[from]} queue ${fromQueue} -> ${toQueue}: ${received} received, ${sent} sent${lost.join('')}`,
  );
}
