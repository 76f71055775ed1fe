import test, { type ExecutionContext } from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import { IO_URING, type Liburing, liburing } from '../../../src/sys/liburing.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import { pointerAt, viewAt } from '../../../src/sys/pointer.js';
import { waitUntilRunning } from '../../../src/tap/queue/sending-device.js';
import { TapDevice, type TapDeviceOptions } from '../../../src/tap/queue/tap-device.js';
import { Ring } from '../../../src/uring/ring.js';
import { fillTransfer, sqeHead } from '../../../src/uring/sqe.js';
import { ip } from '../../netlink/iproute2.js';
import { markedFrame, readLink } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';

enterWorkspace();

const EAGAIN = errnoOf('EAGAIN');
const EBUSY = errnoOf('EBUSY');

/** A ring that asks more often than this of a kernel that refuses does not end. */
const CALLS_MAX = 5_000;

// Source: include/uapi/linux/io_uring.h, enum io_uring_op
const NOP_HEAD = sqeHead(0, 0);

type Submit = Liburing['submit'];

/** Puts `submit` in the place of liburing's for the rest of the test: it gets liburing's own to call. */
function replaceSubmit(
  t: ExecutionContext,
  submit: (ring: bigint, own: Submit, call: number) => number,
): void {
  const library = liburing();
  const own = library.submit;
  let calls = 0;
  library.submit = (ring) => {
    calls += 1;
    if (calls > CALLS_MAX) throw new Error('submit does not end');
    return submit(ring, own, calls);
  };
  t.teardown(() => {
    library.submit = own;
  });
}

function takeNops(ring: Ring, ...tags: readonly number[]): void {
  const { submission } = ring;
  for (const tag of tags) fillTransfer(submission.words, submission.take(), NOP_HEAD, -1, 0, 0, 0, tag);
}

/** The tags of the completions that are there. */
function reap({ completion }: Ring): number[] {
  const tags: number[] = [];
  while (completion.next()) tags.push(completion.userData);
  completion.release();
  return tags;
}

/** Completions of the ring with struct io_uring at `ring` that were not given back to the kernel. */
function heldCompletions(ring: bigint): number {
  const struct = new Uint8Array(viewAt(ring, IO_URING.size));
  const word = (name: string) => new Uint32Array(viewAt(pointerAt(struct, IO_URING.offsets[name]!), 4))[0]!;
  return (word('cq.ktail') - word('cq.khead')) >>> 0;
}

/** Lets liburing submit no more than `most` entries, as a kernel does that runs out of memory on the way. */
function submitAtMost(ring: bigint, most: number, submit: Submit): number {
  const struct = viewAt(ring, IO_URING.size);
  const word = (name: string) => new Uint32Array(struct, IO_URING.offsets[name]!, 1);
  const tail = word('sq.sqe_tail');
  const whole = tail[0]!;
  tail[0] = word('sq.sqe_head')[0]! + most;
  const result = submit(ring);
  tail[0] = whole;
  return result;
}

test.serial('Ring.submit submits again when the kernel has no memory for a moment', (t) => {
  using ring = Ring.open(4);
  replaceSubmit(t, (pointer, submit, call) => (call <= 3 ? -EAGAIN : submit(pointer)));
  takeNops(ring, 1, 2, 3);
  t.is(ring.submit(), 3);
  t.deepEqual(reap(ring), [1, 2, 3]);
});

for (const [code, errno] of [
  ['EAGAIN', EAGAIN],
  ['EBUSY', EBUSY],
] as const) {
  test.serial(
    `Ring.submit throws a SystemError when ${code} does not end, and is as before after that`,
    (t) => {
      using ring = Ring.open(4);
      let isRefusing = true;
      replaceSubmit(t, (pointer, submit) => (isRefusing ? -errno : submit(pointer)));
      takeNops(ring, 1, 2);
      const start = performance.now();
      t.throws(() => ring.submit(), {
        code,
        message: `cannot submit to "io_uring": io_uring_submit failed with ${code}`,
      });
      t.true(performance.now() - start < 5_000);
      isRefusing = false;
      takeNops(ring, 3);
      t.is(ring.submit(), 3, 'what the kernel did not take was still pending');
      t.deepEqual(reap(ring), [1, 2, 3]);
    },
  );
}

test.serial('Ring.submit makes room in the completion queue when the kernel answers EBUSY', (t) => {
  using ring = Ring.open(4);
  // Linux before 5.19 takes nothing while completions that found no room wait for the application to reap.
  replaceSubmit(t, (pointer, submit) => (heldCompletions(pointer) > 0 ? -EBUSY : submit(pointer)));
  takeNops(ring, 1, 2, 3);
  ring.submit();
  t.true(ring.completion.next());
  takeNops(ring, 4, 5);
  t.is(ring.submit(), 2);
  takeNops(ring, 6);
  t.is(ring.submit(), 1);
  t.deepEqual(reap(ring), [2, 3, 4, 5, 6]);
});

test.serial('Ring.submit returns how many entries were taken when the kernel takes no more', (t) => {
  using ring = Ring.open(4);
  replaceSubmit(t, (pointer, submit, call) => (call === 1 ? submitAtMost(pointer, 2, submit) : -EAGAIN));
  takeNops(ring, 1, 2, 3, 4);
  t.is(ring.submit(), 2);
  t.is(ring.submission.pending, 2);
  t.deepEqual(reap(ring), [1, 2]);
});

test.serial('Ring.submitOrWithdraw leaves nothing for later when the kernel takes no more', (t) => {
  using ring = Ring.open(4);
  let isRefusing = true;
  replaceSubmit(t, (pointer, submit, call) => {
    if (call === 1) return submitAtMost(pointer, 2, submit);
    return isRefusing ? -EAGAIN : submit(pointer);
  });
  takeNops(ring, 1, 2, 3, 4);
  t.is(ring.submitOrWithdraw(), 2);
  takeNops(ring, 5);
  t.throws(() => ring.submitOrWithdraw(), { code: 'EAGAIN' });
  isRefusing = false;
  for (const tag of [6, 7, 8, 9, 10]) {
    takeNops(ring, tag);
    t.is(ring.submitOrWithdraw(), 1);
  }
  t.deepEqual(reap(ring), [1, 2, 6, 7, 8, 9, 10]);
});

test.serial('Ring.waitForCompletion returns when the completions lie outside of the kernel queue', (t) => {
  using ring = Ring.open(4);
  replaceSubmit(t, (pointer, submit) => (heldCompletions(pointer) > 0 ? -EBUSY : submit(pointer)));
  takeNops(ring, 1);
  ring.submit();
  takeNops(ring, 2);
  ring.submit();
  t.true(ring.completion.next());
  ring.completion.stash();
  t.is(ring.completion.stashed, 1);
  ring.waitForCompletion();
  t.deepEqual(reap(ring), [2]);
});

test.serial('Ring.waitForCompletion throws a SystemError when EAGAIN does not end', (t) => {
  using ring = Ring.open(4);
  const library = liburing();
  const { submitAndWait } = library;
  t.teardown(() => {
    library.submitAndWait = submitAndWait;
  });
  let refusals = 3;
  library.submitAndWait = (...words) => (refusals-- > 0 ? -EAGAIN : submitAndWait(...words));
  takeNops(ring, 1);
  ring.waitForCompletion();
  t.deepEqual(reap(ring), [1]);
  library.submitAndWait = () => -EAGAIN;
  t.throws(() => ring.waitForCompletion(), {
    code: 'EAGAIN',
    message: 'cannot wait for "io_uring": io_uring_submit_and_wait failed with EAGAIN',
  });
});

test.serial('Ring gives every completion in order when more came than its queue has room for', (t) => {
  using ring = Ring.open(1);
  t.is(ring.completion.entries, 2);
  const tags = Array.from({ length: 20 }, (_, tag) => tag);
  for (const tag of tags) {
    takeNops(ring, tag);
    t.is(ring.submit(), 1);
  }
  const reaped = reap(ring);
  t.true(reaped.length <= 2);
  while (reaped.length < tags.length) {
    ring.waitForCompletion();
    reaped.push(...reap(ring));
  }
  t.deepEqual(reaped, tags);
});

/** A device that is up, with one queue. */
async function openDevice(name: string, options?: TapDeviceOptions): Promise<TapDevice> {
  ip(`tuntap add dev ${name} mode tap multi_queue`, `link set ${name} up`);
  const device = TapDevice.open(name, options);
  await waitUntilRunning(device.ifindex, 10_000);
  return device;
}

test.serial('TapQueue.send refuses with EAGAIN the frames for which the kernel has no memory', async (t) => {
  using device = await openDevice('short0');
  const [queue] = device.queues;
  using burst = device.allocateBurst();
  for (let mark = 0; mark < 5; mark++) burst.append(markedFrame(mark));
  let isShort = true;
  replaceSubmit(t, (pointer, submit, call) => {
    if (!isShort) return submit(pointer);
    return call === 1 ? submitAtMost(pointer, 3, submit) : -EAGAIN;
  });
  t.is(queue!.send(burst), 3);
  t.deepEqual(
    [0, 1, 2, 3, 4].map((index) => burst.refusal(index)),
    [undefined, undefined, undefined, 'EAGAIN', 'EAGAIN'],
  );
  t.is(readLink('short0').stats64.rx.packets, 3);
  t.throws(() => queue!.send(burst), { code: 'EAGAIN' });
  isShort = false;
  t.is(queue!.send(burst), 5);
  t.is(readLink('short0').stats64.rx.packets, 8, 'nothing was sent that an earlier call gave up');
});

test.serial(
  'TapQueue.receive gives every frame once when the kernel has no memory for some reads',
  async (t) => {
    using device = await openDevice('short1');
    const [queue] = device.queues;
    using burst = device.allocateBurst();
    using socket = PacketSocket.open(device.ifindex);
    for (let mark = 0; mark < 6; mark++) socket.send(markedFrame(mark));
    let isShort = true;
    replaceSubmit(t, (pointer, submit, call) => {
      if (!isShort) return submit(pointer);
      return call === 1 ? submitAtMost(pointer, 2, submit) : -EAGAIN;
    });
    const marks: number[] = [];
    const receive = () => {
      const count = queue!.receive(burst);
      for (let index = 0; index < count; index++) marks.push(burst.frame(index)[14]!);
      return count;
    };
    t.is(receive(), 2);
    t.throws(receive, { code: 'EAGAIN' });
    isShort = false;
    while (receive() > 0);
    t.deepEqual(marks, [0, 1, 2, 3, 4, 5]);
  },
);

test.serial('TapQueue.receive reads full bursts in order after the kernel took a part of one', async (t) => {
  using device = await openDevice('part0', { burstFrames: 4 });
  const [queue] = device.queues;
  using burst = device.allocateBurst();
  using socket = PacketSocket.open(device.ifindex);
  for (let mark = 0; mark < 12; mark++) socket.send(markedFrame(mark));
  let isShort = false;
  let refused = 0;
  replaceSubmit(t, (pointer, submit) => {
    if (!isShort) return submit(pointer);
    refused += 1;
    return refused === 1 ? submitAtMost(pointer, 2, submit) : -EAGAIN;
  });
  const marks: number[][] = [];
  for (const short of [false, true, false, false, false]) {
    isShort = short;
    const count = queue!.receive(burst);
    marks.push(Array.from({ length: count }, (_, index) => burst.frame(index)[14]!));
  }
  t.deepEqual(marks, [[0, 1, 2, 3], [4, 5], [6, 7, 8, 9], [10, 11], []]);
});
