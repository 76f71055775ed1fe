import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readStatistics } from '../../../src/tap/counters/device-statistics.js';
import type { FrameBurst } from '../../../src/tap/memory/frame-burst.js';
import { QueueReadiness } from '../../../src/tap/queue/queue-readiness.js';
import { ReceiveLoop } from '../../../src/tap/queue/receive-loop.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import type { TapQueue } from '../../../src/tap/queue/tap-queue.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { done, json } from '../command.js';
import { DEADLINE_MS, eventually, withDeadline } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const FRAME_BYTES = 50;
const EXAMPLE = fileURLToPath(new URL('../../../examples/watch-bursts.mjs', import.meta.url));
const LOADER = fileURLToPath(new URL('./sources-as-rtap.mjs', import.meta.url));
const COLLECTIONS = fileURLToPath(new URL('../forced-collections.mjs', import.meta.url));

/** Opens `name` and waits for its carrier: no frame that is sent from now on is lost. */
async function open(name: string): Promise<TapDevice> {
  const device = TapDevice.open(name);
  await eventually(() => !ipLink(name).flags.includes('NO-CARRIER'), 'the carrier');
  return device;
}

test.serial('bursts return every frame of every queue, in turns', async (t) => {
  // Room for all frames, which a loaded machine reads late.
  const flows = await FlowDevice.create('burst0', { words: ['--txqueuelen', '5000'] });
  using device = await open('burst0');
  const before = openFiles();
  const sending = flows.send(64, 3000);
  const seen = new Map<number, number>();
  let frames = 0;
  let turns = 0;
  const turn = setInterval(() => turns++, 0);
  for await (const { queue, burst } of device.bursts({ signal: AbortSignal.timeout(DEADLINE_MS) })) {
    t.true(burst.count > 0 && burst.seconds > 1_700_000_000);
    for (let index = 0; index < burst.count; index++) t.is(burst.frame(index).length, FRAME_BYTES);
    seen.set(queue.number, (seen.get(queue.number) ?? 0) + burst.count);
    frames += burst.count;
    if (frames >= 3000) break;
  }
  clearInterval(turn);
  await sending;
  t.is(frames, 3000);
  t.deepEqual([...seen.keys()].sort(), [0, 1, 2, 3]);
  t.true(turns > 0, 'timers had their turns');
  t.deepEqual(openedSince(before), [], 'leaving the loop gave everything back');
  t.is((await json<{ rx: { packets: number } }>('stats', 'burst0')).rx.packets, 3000);
});

/** The number that the sender gave to frame `index`: the second word of its UDP payload. */
function numberOf(burst: FrameBurst, index: number): number {
  const frame = burst.frame(index);
  return new DataView(frame.buffer, frame.byteOffset).getUint32(14 + 20 + 8 + 4);
}

test.serial(
  'receive fills its burst when full bursts take turns with other bursts and with frames that are sent',
  async (t) => {
    const flows = await FlowDevice.create('turns0', { words: ['--queues', '1', '--txqueuelen', '100'] });
    // A full burst has as many frames as the ring has entries.
    using device = TapDevice.open('turns0', { queueCount: 1, burstFrames: 4, burstsMax: 3 });
    await eventually(() => !ipLink('turns0').flags.includes('NO-CARRIER'), 'the carrier');
    await flows.send(1, 40);
    using first = device.allocateBurst();
    using second = device.allocateBurst();
    using sent = device.allocateBurst();
    const queue = device.queues[0]!;
    const numbers: number[] = [];
    const receive = (burst: FrameBurst, framesMax?: number) => {
      const count = queue.receive(burst, framesMax);
      for (let index = 0; index < count; index++) numbers.push(numberOf(burst, index));
    };
    for (const burst of [first, first, second, first, first]) receive(burst);
    for (const frames of [1, 4, 3]) {
      sent.clear();
      for (let frame = 0; frame < frames; frame++) sent.append(new Uint8Array(60).fill(0xff));
      t.is(queue.send(sent), frames);
      receive(first);
    }
    receive(first, 3);
    for (let burst = 0; burst < 2; burst++) receive(first);
    t.deepEqual(
      numbers,
      Array.from({ length: 40 }, (_, number) => number),
    );
  },
);

/** Returns a function that gives whole numbers from 0 to below its argument, the same ones in each run. */
function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Fills the burst with frames of different lengths. One in eight is too short for the kernel. */
function refill(burst: FrameBurst, random: (below: number) => number): void {
  burst.clear();
  for (let left = 1 + random(burst.framesMax); left > 0; left--) {
    const frame = Uint8Array.from({ length: random(8) === 0 ? 10 : 14 + random(200) }, () => random(256));
    frame[12] = 0x88;
    frame[13] = 0xb5;
    burst.append(frame);
  }
}

/** A program may change the order of frames. */
function swapFrames({ offsets, lengths }: FrameBurst, one: number, other: number): void {
  for (const words of [offsets, lengths]) [words[one], words[other]] = [words[other]!, words[one]!];
}

test.serial(
  'send writes what its burst holds when places and lengths change, frames are refused, and queues take turns',
  async (t) => {
    await done('create', 'changes0', '--persist', '--up', '--queues', '2');
    using device = TapDevice.open('changes0', { burstFrames: 4, burstsMax: 3 });
    await eventually(() => !ipLink('changes0').flags.includes('NO-CARRIER'), 'the carrier');
    using first = device.allocateBurst();
    using second = device.allocateBurst();
    using received = device.allocateBurst();
    const seen = await PacketSocket.open('changes0', 'in');
    const random = seededRandom(1);
    const sent: string[] = [];
    const short = [0, 0];
    for (let step = 0; step < 400; step++) {
      const burst = random(3) === 0 ? second : first;
      if (random(2) === 0) refill(burst, random);
      else if (burst.count > 1) swapFrames(burst, random(burst.count), random(burst.count));
      const queue = device.queues[random(4) === 0 ? 1 : 0]!;
      const frames = Array.from({ length: burst.count }, (_, index) =>
        Buffer.from(burst.frame(index)).toString('hex'),
      );
      const isShort = (frame: string) => frame.length < 2 * 14;
      t.is(queue.send(burst), frames.filter((frame) => !isShort(frame)).length);
      t.deepEqual(
        frames.map((_, index) => burst.refusal(index)),
        frames.map((frame) => (isShort(frame) ? 'EINVAL' : undefined)),
      );
      sent.push(...frames.filter((frame) => !isShort(frame)));
      short[queue.number]! += frames.filter(isShort).length;
      if (random(5) === 0) queue.receive(received, 1 + random(4));
    }
    t.deepEqual(
      (await seen.close()).map(({ hex }) => hex),
      sent,
    );
    const { total, queues: counted } = readStatistics('changes0');
    t.is(total.txPackets, sent.length);
    t.is(total.txBytes, sent.join('').length / 2);
    t.is(total.txUnicast + total.txBroadcast + total.txMulticast, sent.length);
    t.deepEqual(
      counted.map(({ txShort }) => txShort),
      short,
    );
  },
);

test.serial(
  'a send that throws in the middle leaves nothing in the ring that another call would submit',
  async (t) => {
    await done('create', 'thrown0', '--persist', '--up', '--queues', '2');
    using device = TapDevice.open('thrown0', { burstFrames: 2, burstsMax: 3 });
    await eventually(() => !ipLink('thrown0').flags.includes('NO-CARRIER'), 'the carrier');
    const [queue, other] = device.queues;
    using sent = device.allocateBurst();
    using broken = device.allocateBurst();
    using received = device.allocateBurst();
    const seen = await PacketSocket.open('thrown0', 'in');
    const frameOf = (mark: number) => Buffer.alloc(60, mark);
    for (const mark of [1, 2]) sent.append(frameOf(mark));
    for (const mark of [3, 4]) broken.append(frameOf(mark));
    broken.lengths[1] = -5;
    const breakOn = (tap: TapQueue) => t.throws(() => tap.send(broken), { instanceOf: RangeError });
    // Each of them finds its entries in the ring as it left them, unless another has written there.
    for (let call = 0; call < 2; call++) queue!.receive(received);
    breakOn(queue!);
    t.is(queue!.receive(received), 0);
    t.is(queue!.send(sent), 2);
    breakOn(other!);
    t.is(queue!.send(sent), 2);
    t.deepEqual(
      (await seen.close()).map(({ hex }) => hex),
      [1, 2, 1, 2].map((mark) => frameOf(mark).toString('hex')),
    );
  },
);

test.serial('bursts wait in the kernel when their consumer takes its time', async (t) => {
  const flows = await FlowDevice.create('burst1', { words: ['--queues', '1', '--txqueuelen', '100'] });
  using device = await open('burst1');
  await flows.send(1, 150);
  let frames = 0;
  using bursts = device.bursts();
  while (frames < 100) frames += (await withDeadline(bursts.next(), 'a burst')).value!.burst.count;
  t.is(frames, 100);
  t.is(ipLink('burst1').stats64.tx.dropped, 50);
});

test.serial('bursts let timers and signals run when frames come faster than they are read', async (t) => {
  const flows = await FlowDevice.create('burst2', { words: ['--txqueuelen', '20000'] });
  using device = await open('burst2');
  await flows.send(64, 20_000);
  const stop = new AbortController();
  let frames = 0;
  const reading = (async () => {
    for await (const { burst } of device.bursts({ signal: stop.signal })) {
      if (frames === 0) setImmediate(() => setImmediate(() => stop.abort(new Error('enough'))));
      frames += burst.count;
    }
  })();
  await t.throwsAsync(withDeadline(reading, 'the end'), { message: 'enough' });
  t.true(frames > 0 && frames < 20_000, `${frames} frames`);
});

test.serial(
  'waiting bursts end when the signal is aborted, when the device is deleted and when it is disposed',
  async (t) => {
    await FlowDevice.create('burst3');
    {
      using device = TapDevice.open('burst3');
      await t.throwsAsync(device.bursts({ signal: AbortSignal.abort() }).next(), {
        any: true,
        name: 'AbortError',
      });
      const stop = new AbortController();
      const waiting = device.bursts({ signal: stop.signal }).next();
      stop.abort();
      await t.throwsAsync(withDeadline(waiting, 'the abort'), { any: true, name: 'AbortError' });

      const disposed = device.bursts();
      const settled = disposed.next();
      await t.throwsAsync(disposed.next(), { instanceOf: TypeError, message: /^cannot take "burst": / });
      disposed[Symbol.dispose]();
      t.deepEqual(await withDeadline(settled, 'the disposal'), { done: true, value: undefined });
      t.deepEqual(await disposed.next(), { done: true, value: undefined });

      const gone = device.bursts().next();
      ip('link del burst3');
      t.deepEqual(await withDeadline(gone, 'the end of the device'), { done: true, value: undefined });
    }
    await FlowDevice.create('burst4');
    const device = TapDevice.open('burst4');
    const closed = device.bursts().next();
    device[Symbol.dispose]();
    t.deepEqual(await withDeadline(closed, 'the closing'), { done: true, value: undefined });
    t.throws(() => device.bursts(), { instanceOf: TypeError });
  },
);

test.serial('bursts read the queues that they are given, and refuse those of another device', async (t) => {
  const flows = await FlowDevice.create('burst5');
  await FlowDevice.create('burst6');
  using device = await open('burst5');
  using other = TapDevice.open('burst6');
  t.throws(() => device.bursts({ queues: other.queues }), { instanceOf: TypeError });
  t.throws(() => device.bursts({ queues: [] }), { instanceOf: TypeError });
  await flows.send(64, 640);
  const seen = new Set<number>();
  let frames = 0;
  using bursts = device.bursts({ queues: [device.queues[2]!] });
  // The frames of the other queues never come.
  const idle = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 500));
  for (;;) {
    const step = await Promise.race([bursts.next(), idle]);
    if (step?.value === undefined) break;
    seen.add(step.value.queue.number);
    frames += step.value.burst.count;
  }
  t.deepEqual([...seen], [2]);
  t.true(frames > 0 && frames < 640);
});

test.serial('QueueReadiness calls for the queue that has frames, until it is aborted', async (t) => {
  const flows = await FlowDevice.create('ready0');
  using device = await open('ready0');
  using burst = device.allocateBurst();
  const before = openFiles();
  const frames = new Map<number, number>();
  const stop = new AbortController();
  const watches = device.queues.map((queue) => {
    const onReady = () => frames.set(queue.number, (frames.get(queue.number) ?? 0) + queue.receive(burst));
    return new QueueReadiness(device, queue, { onReady, signal: stop.signal });
  });
  const total = () => [...frames.values()].reduce((sum, count) => sum + count, 0);
  await flows.send(64, 500);
  await eventually(
    () => total() === 500,
    () => `500 frames, there are ${total()}`,
  );
  t.deepEqual([...frames.keys()].sort(), [0, 1, 2, 3]);

  watches[1]!.pause();
  await flows.send(64, 500);
  await eventually(() => total() > 500, 'frames of the others');
  const paused = frames.get(1)!;
  watches[1]!.resume();
  await eventually(
    () => total() === 1000,
    () => `1000 frames, there are ${total()}`,
  );
  t.true(frames.get(1)! > paused);

  stop.abort();
  t.deepEqual(openedSince(before), []);
  await flows.send(64, 100);
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  t.is(total(), 1000);
});

test.serial('ReceiveLoop takes no frame after its signal was aborted, sleeping or not', async (t) => {
  const flows = await FlowDevice.create('loop0');
  using device = await open('loop0');
  for (const busyPoll of [false, true]) {
    const before = openFiles();
    const stop = new AbortController();
    let frames = 0;
    const receiver = {
      framesWanted: () => 1,
      onBurst: () => {
        frames += 1;
        if (frames === 10) stop.abort();
      },
      onGone: () => t.fail(),
    };
    new ReceiveLoop(device, device.queues, receiver, { busyPoll, signal: stop.signal });
    await flows.send(16, 100);
    await eventually(() => stop.signal.aborted, 'ten frames');
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.is(frames, 10);
    t.deepEqual(openedSince(before), []);
  }
});

test.serial(
  'the example counts every frame and prints link events while garbage is collected all the time',
  async (t) => {
    const flows = await FlowDevice.create('burst7', { words: ['--txqueuelen', '20000'] });
    const words = [
      '--expose-gc',
      `--import=${COLLECTIONS}`,
      COMPILER_FLAG,
      '--import',
      LOADER,
      EXAMPLE,
      'burst7',
    ];
    const example = new RunningProcess(process.execPath, words);
    await example.waitFor(/^watching 4 queues of burst7, which is up$/m);
    await eventually(() => !ipLink('burst7').flags.includes('NO-CARRIER'), 'the carrier');
    await flows.send(64, 20_000);
    // The loop reads no frame that waits in the queues when it is stopped.
    const read = () => readStatistics('burst7').total.rxPackets + readStatistics('burst7').missed;
    await eventually(
      () => read() === 20_000,
      () => `20000 frames, there are ${read()}`,
    );
    ip('link set burst7 down');
    await example.waitFor(/^burst7 is down$/m);
    const { code, stdout, stderr } = await example.stop();
    t.is(code, 0, stderr);
    const counts = [...stdout.matchAll(/^queue (\d): (\d+) frames, (\d+) bytes$/gm)].map(([, ...numbers]) =>
      numbers.map(Number),
    );
    t.deepEqual(
      counts.map(([number]) => number),
      [0, 1, 2, 3],
    );
    const frames = counts.reduce((sum, [, count]) => sum + count!, 0);
    const { dropped } = ipLink('burst7').stats64.tx;
    t.is(frames + dropped, 20_000);
    t.is(
      counts.reduce((sum, [, , bytes]) => sum + bytes!, 0),
      frames * FRAME_BYTES,
    );
  },
);
