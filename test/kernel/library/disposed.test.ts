import { fileURLToPath } from 'node:url';
import test from 'ava';
import {
  DeviceAttachment,
  Forwarding,
  Links,
  QueueReadiness,
  ReceiveLoop,
  TapDevice,
} from '../../../src/index.js';
import { makeTap, openTap } from '../offloading-tap.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';
import { disposableClasses, SUBJECTS } from './disposed-subjects.js';

enterWorkspace();
makeTap('spent0', []);
makeTap('spent1', []);

const READER = fileURLToPath(new URL('../../../build/typescript.mjs', import.meta.url));
const USES = fileURLToPath(new URL('disposed-uses.ts', import.meta.url));

test('each class of the library that can be disposed is among the subjects', (t) => {
  const missing = disposableClasses().filter((name) => !(name in SUBJECTS));
  t.deepEqual(missing, []);
});

for (const subject of Object.keys(SUBJECTS)) {
  test.serial(`a disposed ${subject} never crashes the process, whatever is called`, async (t) => {
    const words = ['--expose-gc', '--import', READER, USES, subject, 'spent0', 'spent1'];
    const { code, signal, stdout, stderr } = await new RunningProcess(process.execPath, words).ended();
    t.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
    t.regex(stdout, /^[1-9][0-9]* uses, [0-9]+ views\n$/);
  });
}

test.serial('a closed TapQueue keeps its counts, and counts on for itself', async (t) => {
  const device = await openTap('spent0');
  const queue = device.queues[0]!;
  queue.countDiscarded(3);
  device[Symbol.dispose]();
  t.is(queue.unusable, 0);
  t.is(queue.truncated, 0);
  t.notThrows(() => queue.countDiscarded(1));
  t.notThrows(() => queue.countRefused());
  t.is(queue.fd, -1);
});

test.serial('TapQueue.countDiscarded throws a RangeError for a number that is no count', async (t) => {
  using device = await openTap('spent0');
  for (const count of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY])
    t.throws(() => device.queues[0]!.countDiscarded(count), { instanceOf: RangeError }, String(count));
});

test.serial('bytes of a disposed device and of disposed memory are 0, and can be written', async (t) => {
  const device = await openTap('spent0');
  const burst = device.allocateBurst();
  const memory = device.mapMemory(50_000);
  burst.append(new Uint8Array(60).fill(7));
  memory.bytes.fill(9);
  const views = [burst.bytes, burst.frame(0), memory.bytes, memory.bytes.subarray(40_000)];
  device[Symbol.dispose]();
  for (const view of views) {
    t.is(view[0], 0);
    view[0] = 1;
    t.is(view[0], 1);
  }
});

test.serial('Forwarding.start throws a TypeError when a device is disposed', (t) => {
  using links = Links.open();
  using open = DeviceAttachment.open(links.byName('spent0')!);
  const closed = DeviceAttachment.open(links.byName('spent1')!);
  closed[Symbol.dispose]();
  for (const devices of [[open, closed] as const, [closed, open] as const])
    t.throws(() => Forwarding.start(devices), {
      instanceOf: TypeError,
      message: 'cannot forward "spent1": it is closed',
    });
});

test.serial(
  'a device that is disposed while a forwarder uses it stays attached until that ends',
  async (t) => {
    using links = Links.open();
    const attach = (name: string) => DeviceAttachment.open(links.byName(name)!);
    const queues = () => links.byName('spent0')!.tun!.queues;
    const attachments = [attach('spent0'), attach('spent1')] as const;
    const forwarding = Forwarding.start(attachments);
    await forwarding.ready;
    for (const attachment of attachments) attachment[Symbol.dispose]();
    t.is(queues(), 1);
    await forwarding[Symbol.asyncDispose]();
    t.is(queues(), 0);
  },
);

test.serial('TapQueue.send refuses offsets and lengths outside of the memory for frames', async (t) => {
  using device = await openTap('spent0');
  using burst = device.allocateBurst();
  burst.append(new Uint8Array(60).fill(0xff));
  const [queue] = device.queues;
  const { headerBytes } = burst;
  const cases = [
    [headerBytes - 1, 60],
    [-4096, 60],
    [headerBytes, -1],
    [burst.bytes.length - 59, 60],
    [headerBytes, 2 ** 31 - 1],
  ] as const;
  for (const [offset, length] of cases) {
    burst.offsets[0] = offset;
    burst.lengths[0] = length;
    t.throws(() => queue!.send(burst), {
      instanceOf: RangeError,
      message: `cannot send frame 0: ${length} bytes from byte ${offset} on lie outside of the memory for frames`,
    });
  }
});

test.serial(
  'TapQueue.send refuses a negative length each time, also where a frame was sent before',
  async (t) => {
    using device = await openTap('spent0', { burstFrames: 1 });
    using burst = device.allocateBurst();
    const queue = device.queues[0]!;
    burst.append(new Uint8Array(60).fill(0xff));
    const refuses = () => {
      for (let call = 0; call < 2; call++) t.throws(() => queue.send(burst), { instanceOf: RangeError });
    };
    const [offset = 0] = burst.offsets;
    [burst.offsets[0], burst.lengths[0]] = [0, -1];
    refuses();
    [burst.offsets[0], burst.lengths[0]] = [offset, 60];
    t.is(queue.send(burst), 1);
    burst.lengths[0] = -1;
    refuses();
  },
);

test.serial('TapQueue throws a TypeError for an object that only looks like a burst', async (t) => {
  using device = await openTap('spent0');
  using burst = device.allocateBurst();
  const forged = { ...burst, disposed: false, address: burst.address, framesMax: 1 };
  for (const use of [TapDevice.prototype, forged])
    t.throws(() => device.queues[0]!.receive(use as never), { instanceOf: TypeError });
});

test.serial(
  'a queue that is closed or watched already throws a TypeError when it is to be watched',
  async (t) => {
    const closed = await openTap('spent0');
    const [spent] = closed.queues;
    closed[Symbol.dispose]();
    using device = await openTap('spent1');
    const onReady = () => {};
    const receiver = { framesWanted: () => 1, onBurst: onReady, onGone: onReady };
    const watch = (queue = device.queues[0]!) => new QueueReadiness(device, queue, { onReady });
    t.throws(() => watch(spent), {
      instanceOf: TypeError,
      message: 'cannot watch "descriptor": it is closed',
    });
    {
      using _first = watch();
      const expected = { instanceOf: TypeError, message: /it is watched already$/ };
      t.throws(() => watch(), expected);
      t.throws(() => device.bursts(), expected);
      t.throws(() => new ReceiveLoop(device, device.queues, receiver), expected);
    }
    using again = watch();
    t.notThrows(() => again.resume());
  },
);
