import { fileURLToPath } from 'node:url';
import test from 'ava';
import { SystemError } from '../../../src/errors.js';
import { EventDescriptor } from '../../../src/sys/event-descriptor.js';
import { Forwarding } from '../../../src/tap/forward/forwarding.js';
import { findTap } from '../../../src/tap/link/tap-link.js';
import { DeviceAttachment } from '../../../src/tap/queue/device-attachment.js';
import { PollRing } from '../../../src/uring/poll-ring.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { openedSince, openFiles } from '../../open-files.js';
import { eventually, withDeadline } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { ownMappings, threadNames } from '../process-state.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const END = fileURLToPath(new URL('forwarding-end.ts', import.meta.url));
const FRAMES = 400;

let pairs = 0;

async function makePair(queues: number): Promise<readonly [FlowDevice, FlowDevice]> {
  pairs += 1;
  const words = ['--queues', String(queues), '--txqueuelen', '5000'];
  return [await FlowDevice.create(`f${pairs}a`, { words }), await FlowDevice.create(`f${pairs}b`, { words })];
}

function attach(name: string): DeviceAttachment {
  return DeviceAttachment.open(findTap(name, 'forward'));
}

function queuesOf(name: string): number {
  return ipLink(name).linkinfo.info_data.numqueues ?? 0;
}

/** Forwards what `device` sends to `peer`, in `threadCount` threads, and ends. */
async function forwardOnce(device: FlowDevice, peer: FlowDevice, threadCount: number): Promise<number> {
  using first = attach(device.name);
  using second = attach(peer.name);
  const forwarding = Forwarding.start([first, second], { threadCount });
  await forwarding.ready;
  await device.send(16, FRAMES);
  const sent = () => forwarding.report().reduce((sum, lane) => sum + lane.sent, 0);
  await eventually(() => sent() === FRAMES, 'the frames');
  forwarding.stop();
  forwarding.stop();
  const { reason } = await withDeadline(forwarding.ended, 'the end of the threads');
  // A stop after the end does nothing.
  forwarding.stop();
  return reason === 'finished' ? sent() : -1;
}

test.serial('Forwarding leaves no descriptor, mapping, thread or queue behind', async (t) => {
  const [device, peer] = await makePair(4);
  // What Node opens for its first thread stays.
  await forwardOnce(device, peer, 2);
  const files = openFiles();
  const rings = ownMappings(/io_uring|counters/).length;
  const threads = threadNames(process.pid).length;
  for (const threadCount of [1, 2, 4]) t.is(await forwardOnce(device, peer, threadCount), FRAMES);
  t.deepEqual(openedSince(files), []);
  t.is(ownMappings(/io_uring|counters/).length, rings);
  await eventually(() => threadNames(process.pid).length <= threads, 'the threads to go');
  t.deepEqual([queuesOf(device.name), queuesOf(peer.name)], [0, 0]);
});

test.serial('Forwarding fails as its thread did, and leaves nothing behind', async (t) => {
  const [device, peer] = await makePair(2);
  const files = openFiles();
  {
    using first = attach(device.name);
    using second = attach(peer.name);
    // No ring has so many entries.
    const forwarding = Forwarding.start([first, second], { threadCount: 2, burstFrames: 2 ** 20 });
    const failed = await t.throwsAsync(withDeadline(forwarding.ended, 'the failure'));
    t.regex(failed.message, /^cannot map \d+ bytes for frames: at most \d+$/);
    t.is(await t.throwsAsync(forwarding.ready), failed);
    t.throws(() => Forwarding.start([first, second], { threadCount: 3 }), { instanceOf: RangeError });
  }
  t.deepEqual(openedSince(files), []);
  t.deepEqual([queuesOf(device.name), queuesOf(peer.name)], [0, 0]);
});

for (const [way, code] of [
  ['exit', 7],
  ['throw', 1],
  ['reject', 1],
] as const) {
  test.serial(`a process ends while its threads sleep in the kernel when it is by ${way}`, async (t) => {
    const [device, peer] = await makePair(2);
    const words = [COMPILER_FLAG, END, device.name, peer.name, way];
    const process = new RunningProcess(globalThis.process.execPath, words);
    const outcome = await process.ended();
    t.deepEqual([outcome.code, outcome.signal, outcome.stdout], [code, null, 'ready\n'], outcome.stderr);
    await eventually(() => queuesOf(device.name) === 0 && queuesOf(peer.name) === 0, 'the queues to go');
  });
}

test('PollRing returns each descriptor once, and closes with polls in flight', (t) => {
  const files = openFiles();
  {
    using events = new EventDescriptor();
    using others = new EventDescriptor();
    using polls = new PollRing(3);
    events.signal();
    polls.arm(events.fd, 2);
    polls.arm(others.fd, 0);
    polls.wait();
    t.is(polls.next(), 2);
    t.is(polls.next(), -1);
    polls.submit();
    t.is(polls.next(), -1, 'it is not armed');
    others.signal();
    polls.wait();
    t.is(polls.next(), 0);
    polls.arm(others.fd, 0);
    polls.arm(events.fd, 1);
    polls.submit();
    t.deepEqual([polls.next(), polls.next()].sort(), [0, 1]);
    t.is(polls.next(), -1);
    using silent = new EventDescriptor();
    polls.arm(silent.fd, 2);
    polls.submit();
    t.is(polls.next(), -1);
    polls[Symbol.dispose]();
  }
  t.deepEqual(openedSince(files), []);
});

test('PollRing returns all of 513 descriptors that are readable at once', (t) => {
  const count = 513;
  using events = new EventDescriptor();
  events.signal();
  using polls = new PollRing(count);
  for (let tag = 0; tag < count; tag++) polls.arm(events.fd, tag);
  const told = new Set<number>();
  while (told.size < count) {
    polls.wait();
    for (let tag = polls.next(); tag >= 0; tag = polls.next()) told.add(tag);
  }
  t.is(told.size, count);
});

test('an EventDescriptor that is closed has no number, and cannot be signalled', (t) => {
  const events = new EventDescriptor();
  events[Symbol.dispose]();
  events[Symbol.dispose]();
  t.is(events.fd, -1);
  t.throws(() => events.signal(), { instanceOf: SystemError, message: /event descriptor.*EBADF/ });
});
