import { watch } from 'node:fs';
import test from 'ava';
import { FrameWatch, type FrameWatchOptions } from '../../../src/tap/watch/frame-watch.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { eventually } from '../deadline.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { CountingHolder } from './counting-holder.js';
import { countsOf, SeenFrames } from './seen-frames.js';

enterWorkspace();

const NAMESPACE = `watch-${process.pid}`;
const LONG_QUEUE = ['--txqueuelen', '32767'];

/** Waits until `holder` has read as many frames as were sent. */
async function allRead(holder: CountingHolder, count: number) {
  let counts = await holder.counts();
  while (counts.read.reduce((sum, read) => sum + read, 0) < count) counts = await holder.counts();
  return counts;
}

/** Watches while `pass` lets frames pass, and returns what was seen. */
async function watched(name: string, options: FrameWatchOptions, pass: () => Promise<unknown>) {
  using watch = FrameWatch.open(name, options);
  const seen = new SeenFrames(watch);
  await pass();
  watch.finish();
  await seen.ended;
  return { seen, counts: watch.readCounts(), late: watch.late, end: watch.end };
}

test.serial('a watch sees every frame under its queue and direction and takes none', async (t) => {
  const flows = await FlowDevice.create('watch0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('watch0', 4);
  // libuv opens one inotify descriptor at the first watch of a folder, and keeps it as long as the event loop.
  watch('/').close();
  const before = openFiles();
  const { seen, counts, end } = await watched('watch0', {}, async () => {
    await Promise.all([flows.send(64, 5000), holder.write(5000, 8)]);
    await allRead(holder, 5000);
  });
  const { read, written } = await holder.counts();
  t.deepEqual(seen.counts(), { ...countsOf('out', read), ...countsOf('in', written) });
  t.is(Object.keys(seen.counts()).length, 8, 'four queues, both directions');
  t.deepEqual(counts, { packets: 10_000, drops: 0 });
  t.is(end, 'finished');
  t.deepEqual(openedSince(before), []);
  await holder.end();
});

test.serial('frames come in the order of time over all queues', async (t) => {
  const flows = await FlowDevice.create('order0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('order0', 4);
  const { seen, late } = await watched('order0', {}, () =>
    Promise.all([flows.send(64, 8000), holder.write(8000, 8), flows.send(16, 4000)]),
  );
  const { frames } = seen;
  t.is(frames.length, 20_000);
  t.true(frames.every(({ time }, index) => index === 0 || frames[index - 1]!.time <= time));
  t.is(late, 0, 'no frame came too late for its place');
  await holder.end();
});

test.serial('a watch sees the chosen queues, direction and filter', async (t) => {
  const flows = await FlowDevice.create('choice0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('choice0', 4);
  const pass = async () => {
    await Promise.all([flows.send(16, 400), holder.write(400, 8)]);
  };
  const { seen: queues } = await watched('choice0', { queues: [1, 3] }, pass);
  t.deepEqual(Object.keys(queues.counts()).sort(), ['in q1', 'in q3', 'out q1', 'out q3']);
  const { seen: inbound } = await watched('choice0', { direction: 'in' }, pass);
  t.deepEqual(Object.values(inbound.counts()), [100, 100, 100, 100]);
  const { seen: outbound } = await watched('choice0', { direction: 'out', queues: [0, 1, 2, 3] }, pass);
  t.true(outbound.frames.length === 400 && outbound.frames.every((frame) => frame.outbound));
  const { seen: filtered, counts } = await watched('choice0', { filter: 'src port 20003' }, pass);
  t.is(filtered.frames.length, 25);
  t.is(counts.packets, 25, 'the kernel ran the filter');
  const { seen: inverse } = await watched('choice0', { filter: 'inbound and port 30001' }, pass);
  t.is(inverse.frames.length, 50);
  await holder.end();
});

test.serial('a filter that the kernel refuses runs in this process', async (t) => {
  const flows = await FlowDevice.create('refused0', { words: LONG_QUEUE });
  // Over 5,000 instructions; the kernel takes 4,096.
  const sum = Array.from({ length: 1100 }, (_, index) => `ether[${index % 40}]`).join('+');
  const filter = `${sum} > 0 and src port 20001`;
  const holder = await CountingHolder.start('refused0', 1);
  using watch = FrameWatch.open('refused0', { filter });
  t.false(watch.filteredByKernel);
  const seen = new SeenFrames(watch);
  await flows.send(8, 80);
  watch.finish();
  await seen.ended;
  t.is(seen.frames.length, 10);
  t.deepEqual(watch.readCounts(), { packets: 10, drops: 0 });
  await holder.end();
});

test.serial('the VLAN tag that the kernel takes out is put back', async (t) => {
  await FlowDevice.create('vlan0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('vlan0', 2);
  const { seen, counts } = await watched('vlan0', { filter: 'vlan 7 and udp' }, async () => {
    await holder.writeTagged(4, 7);
    await holder.writeTagged(4, 8);
    await holder.write(4, 1);
  });
  t.is(counts.packets, 4, 'the kernel knows the tag');
  for (const { bytes, originalLength, outbound } of seen.frames) {
    t.is(Buffer.from(bytes.subarray(0, 18)).toString('hex'), '020000000001020000000002810000070800');
    t.is(Buffer.from(bytes.subarray(-8, -4)).toString('hex'), '00000000');
    t.is(bytes.length, 54);
    t.is(originalLength, 54);
    t.false(outbound);
  }
  await holder.end();
});

test.serial('queues that appear are seen under their numbers', async (t) => {
  const flows = await FlowDevice.create('grow0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('grow0', 2);
  const { seen, counts, late } = await watched('grow0', {}, async () => {
    await Promise.all([flows.send(32, 500), holder.write(500, 8)]);
    for (const more of [2, 12]) {
      await holder.attach(more);
      await Promise.all([flows.send(64, 1000), holder.write(1000, 8)]);
    }
    await allRead(holder, 2500);
  });
  const { read, written } = await holder.counts();
  t.is(counts.drops, 0);
  t.is(late, 0);
  t.is(read.length, 16);
  t.deepEqual(seen.counts(), { ...countsOf('out', read), ...countsOf('in', written) });
  await holder.end();
});

test.serial(
  'a device that goes down and up, and is renamed, is watched on under the same queues',
  async (t) => {
    const flows = await FlowDevice.create('flap0', { words: LONG_QUEUE });
    const holder = await CountingHolder.start('flap0', 4);
    using watch = FrameWatch.open('flap0');
    const seen = new SeenFrames(watch);
    await flows.send(64, 500);
    await allRead(holder, 500);
    ip('link set flap0 down', 'link set flap0 name flap1', 'link set flap1 up');
    ip('neigh replace 10.7.0.2 lladdr 02:00:00:00:00:02 dev flap1 nud permanent');
    await eventually(() => watch.name === 'flap1', 'the new name');
    await Promise.all([flows.send(64, 500), holder.write(500, 4)]);
    await allRead(holder, 1000);
    watch.finish();
    await seen.ended;
    const { read, written } = await holder.counts();
    t.deepEqual(seen.counts(), { ...countsOf('out', read), ...countsOf('in', written) });
    await holder.end();
  },
);

test.serial('a watch of a device that is down begins when it is up', async (t) => {
  const flows = await FlowDevice.create('down0', { words: LONG_QUEUE, down: true });
  const holder = await CountingHolder.start('down0', 2);
  using watch = FrameWatch.open('down0', { filter: 'udp and not vlan' });
  t.false(watch.started, 'libpcap needs the device up for this filter');
  const seen = new SeenFrames(watch);
  ip('link set down0 up');
  flows.settle();
  await eventually(() => watch.started, 'the start');
  await flows.send(4, 100);
  watch.finish();
  await seen.ended;
  t.is(seen.frames.length, 100);
  await holder.end();
});

test.serial('a watch ends when its device is deleted or leaves the namespace', async (t) => {
  for (const [command, end] of [
    ['link delete gone0', 'deleted'],
    [`link set gone0 netns ${NAMESPACE}`, 'moved'],
  ] as const) {
    ip(`netns add ${NAMESPACE}`);
    const flows = await FlowDevice.create('gone0', { words: LONG_QUEUE });
    const holder = await CountingHolder.start('gone0', 2);
    using watch = FrameWatch.open('gone0');
    const seen = new SeenFrames(watch);
    await flows.send(8, 100);
    ip(command);
    await seen.ended;
    t.is(watch.end, end);
    t.is(seen.frames.length, 100, 'what had passed is handed out');
    await holder.end();
    ip(`netns delete ${NAMESPACE}`);
  }
});

test.serial('frames that find the rings full are counted', async (t) => {
  const flows = await FlowDevice.create('full0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('full0', 4);
  using watch = FrameWatch.open('full0', { ringBytes: 64 * 1024, queues: [0, 1, 2, 3] });
  await flows.send(64, 5000);
  const seen = new SeenFrames(watch);
  watch.finish();
  await seen.ended;
  const { packets, drops } = watch.readCounts();
  t.is(packets, 5000);
  t.true(drops > 0);
  t.is(seen.frames.length, packets - drops);
  await holder.end();
});

test.serial('what cannot be watched is refused', async (t) => {
  await FlowDevice.create('none0', { words: ['--queues', '2'] });
  ip('link add veth0 type veth peer name veth1', 'tuntap add tun0 mode tun');
  const before = openFiles();
  const code = (name: string, options: FrameWatchOptions = {}) =>
    t.throws(() => FrameWatch.open(name, options)) as { reason?: string; name: string };
  t.is(code('absent0').reason, 'no-such-device');
  t.is(code('tun0').reason, 'not-ethernet');
  t.regex(String(code('veth0', { queues: [0] })), /it is not a TAP \(veth\)/);
  t.regex(String(code('none0', { filter: 'no such word' })), /cannot use filter/);
  t.regex(String(code('none0', { ringBytes: 4096 })), /are the least/);
  t.deepEqual(openedSince(before), []);
});
