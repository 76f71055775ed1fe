import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { IFF_RUNNING } from '../../../src/netlink/link-flags.js';
import { errnoOf } from '../../../src/sys/errno.js';
import { MappedMemory } from '../../../src/sys/mapped-memory.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import { RING_FILES_MAX, Ring } from '../../../src/uring/ring.js';
import {
  IORING_OP_READ,
  IORING_OP_READ_FIXED,
  IORING_OP_WRITE,
  IORING_OP_WRITE_FIXED,
} from '../../../src/uring/sqe.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { eventually } from '../deadline.js';
import { attachTap, markedFrame, RingTap, readLink, SLOT_BYTES } from '../ring-tap.js';

enterNewNetworkNamespace();
// The kernel then sends nothing by itself.
writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');

const ENTRIES = 32;
const CYCLES = 200;
const EAGAIN = errnoOf('EAGAIN');
const EBADF = errnoOf('EBADF');
const EFAULT = errnoOf('EFAULT');

let devices = 0;

/** A persistent device for one test: it is up, and outlives its queues. */
function makeDevice(): string {
  const name = `ring${devices++}`;
  ip(`tuntap add dev ${name} mode tap multi_queue`, `link set ${name} up`);
  return name;
}

/** Makes the kernel transmit frames with marks from 0 up out of the device; before the carrier is on they would be lost. */
async function transmit(name: string, frames: number): Promise<void> {
  await eventually(() => (readLink(name).flags & IFF_RUNNING) !== 0, `the carrier of ${name}`);
  using socket = PacketSocket.open(readLink(name).index);
  for (let mark = 0; mark < frames; mark++) socket.send(markedFrame(mark));
}

/** Node 22 and newer has rings of its own: they are there before and after. */
function mappedRings(): string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes('io_uring'));
}

const ALL_SLOTS = Array.from({ length: ENTRIES }, (_, slot) => slot);

test.serial('Ring.open makes as many entries as it is asked for, and twice as many completions', (t) => {
  using ring = Ring.open(ENTRIES);
  t.is(ring.submission.entries, ENTRIES);
  t.is(ring.completion.entries, 2 * ENTRIES);
});

test.serial('Ring completes reads in the order of their submission when frames wait', async (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, ENTRIES);
  await transmit(name, ENTRIES);
  for (const slot of ALL_SLOTS) queue.queue(IORING_OP_READ, slot);
  t.is(queue.ring.submit(), ENTRIES);
  t.deepEqual(
    queue.reap(),
    ALL_SLOTS.map((slot) => [slot, 64]),
  );
  t.deepEqual(
    ALL_SLOTS.map((slot) => queue.mark(slot)),
    ALL_SLOTS,
  );
});

test.serial('Ring completes writes in the order of their submission, and the kernel counts them', (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, ENTRIES);
  for (const slot of ALL_SLOTS) {
    queue.slot(slot).set(markedFrame(slot));
    queue.queue(IORING_OP_WRITE, slot, 64);
  }
  t.is(queue.ring.submit(), ENTRIES);
  t.deepEqual(
    queue.reap(),
    ALL_SLOTS.map((slot) => [slot, 64]),
  );
  t.is(readLink(name).stats64.rx.packets, ENTRIES);
});

test.serial('Ring completes with -EAGAIN and leaves nothing in flight when the queue is empty', async (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, ENTRIES);
  for (const slot of ALL_SLOTS) queue.queue(IORING_OP_READ, slot);
  queue.ring.submit();
  t.deepEqual(
    queue.reap(),
    ALL_SLOTS.map((slot) => [slot, -EAGAIN]),
  );
  // A read that was still in flight would take this frame.
  await transmit(name, 1);
  t.deepEqual(queue.reap(), []);
  queue.queue(IORING_OP_READ, 0);
  queue.ring.submit();
  t.deepEqual(queue.reap(), [[0, 64]]);
});

test.serial('Ring completes as many reads with a frame as there are frames', async (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, ENTRIES);
  await transmit(name, 3);
  for (const slot of [0, 1, 2, 3, 4]) queue.queue(IORING_OP_READ, slot);
  queue.ring.submit();
  t.deepEqual(queue.reap(), [
    [0, 64],
    [1, 64],
    [2, 64],
    [3, -EAGAIN],
    [4, -EAGAIN],
  ]);
});

test.serial('Ring goes round its queues many times when it is small', (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, 4);
  for (let round = 0; round < 100; round++) {
    for (const slot of [0, 1, 2]) {
      queue.slot(slot).set(markedFrame(slot));
      queue.queue(IORING_OP_WRITE, slot, 64);
    }
    t.is(queue.ring.submit(), 3);
    t.deepEqual(queue.reap(), [
      [0, 64],
      [1, 64],
      [2, 64],
    ]);
  }
  t.is(readLink(name).stats64.rx.packets, 300);
});

test.serial('Ring submits nothing when nothing was taken', (t) => {
  using ring = Ring.open(4);
  t.is(ring.submit(), 0);
  t.false(ring.completion.next());
});

test.serial('Ring.waitForCompletion returns at once when a completion is there', (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, 4);
  queue.queue(IORING_OP_READ, 0);
  queue.ring.submit();
  queue.ring.waitForCompletion();
  t.deepEqual(queue.reap(), [[0, -EAGAIN]]);
});

test.serial(
  'Ring.registerFile returns the lowest free slot, and a slot is dead once it is unregistered',
  (t) => {
    const name = makeDevice();
    using queue = new RingTap(name, 4);
    using other = attachTap(name);
    t.is(queue.file, 0);
    t.is(queue.ring.registerFile(other.fd), 1);
    queue.ring.unregisterFile(0);
    queue.queue(IORING_OP_READ, 0, SLOT_BYTES, 0);
    queue.queue(IORING_OP_READ, 1, SLOT_BYTES, 1);
    queue.ring.submit();
    // An SQE that the kernel refuses outright may be answered before those ahead of it.
    t.deepEqual(
      new Map(queue.reap()),
      new Map([
        [0, -EBADF],
        [1, -EAGAIN],
      ]),
    );
    t.is(queue.ring.registerFile(queue.tap.fd), 0);
    queue.queue(IORING_OP_READ, 2, SLOT_BYTES, 0);
    queue.ring.submit();
    t.deepEqual(queue.reap(), [[2, -EAGAIN]]);
  },
);

test.serial('Ring.registerFile throws a RangeError when all slots are taken', (t) => {
  using ring = Ring.open(4);
  using tap = attachTap(makeDevice());
  for (let slot = 0; slot < RING_FILES_MAX; slot++) t.is(ring.registerFile(tap.fd), slot);
  t.throws(() => ring.registerFile(tap.fd), {
    instanceOf: RangeError,
    message: `cannot register file ${tap.fd}: a ring holds ${RING_FILES_MAX}`,
  });
  ring.unregisterFile(17);
  t.is(ring.registerFile(tap.fd), 17);
});

test.serial(
  'Ring.registerFile throws a SystemError, and takes no slot, when the descriptor is not open',
  (t) => {
    using ring = Ring.open(4);
    using tap = attachTap(makeDevice());
    t.throws(() => ring.registerFile(99_999), { code: 'EBADF' });
    t.is(ring.registerFile(tap.fd), 0);
  },
);

test.serial('Ring moves frames through registered memory when a buffer is registered', async (t) => {
  const name = makeDevice();
  using queue = new RingTap(name, ENTRIES);
  t.true(queue.ring.registerBuffer(queue.memory));
  await transmit(name, 2);
  queue.slot(2).set(markedFrame(7));
  queue.queue(IORING_OP_READ_FIXED, 0);
  queue.queue(IORING_OP_READ_FIXED, 1);
  queue.queue(IORING_OP_WRITE_FIXED, 2, 64);
  queue.ring.submit();
  t.deepEqual(queue.reap(), [
    [0, 64],
    [1, 64],
    [2, 64],
  ]);
  t.deepEqual([queue.mark(0), queue.mark(1)], [0, 1]);
  t.is(readLink(name).stats64.rx.packets, 1);
});

test.serial('Ring completes a fixed transfer with -EFAULT when its memory is not registered', (t) => {
  using queue = new RingTap(makeDevice(), 4);
  queue.queue(IORING_OP_READ_FIXED, 0);
  queue.ring.submit();
  t.deepEqual(queue.reap(), [[0, -EFAULT]]);
  using elsewhere = MappedMemory.anonymous(SLOT_BYTES);
  queue.ring.registerBuffer(elsewhere);
  queue.queue(IORING_OP_READ_FIXED, 0);
  queue.ring.submit();
  t.deepEqual(queue.reap(), [[0, -EFAULT]]);
});

test.serial(
  'Ring keeps a queue attached when only its descriptor is closed, and lets it go when it unregisters',
  (t) => {
    const name = makeDevice();
    using ring = Ring.open(4);
    const tap = attachTap(name);
    const slot = ring.registerFile(tap.fd);
    tap[Symbol.dispose]();
    t.is(readLink(name).tun?.queues, 1);
    ring.unregisterFile(slot);
    t.is(readLink(name).tun?.queues, 0);
  },
);

test.serial('Ring leaves no descriptor, no mapping and no attached queue when it is disposed', async (t) => {
  const name = makeDevice();
  const before = openFiles();
  const ofNode = mappedRings();
  const queue = new RingTap(name, ENTRIES);
  queue.ring.registerBuffer(queue.memory);
  await transmit(name, 2);
  for (const slot of [0, 1, 2]) queue.queue(IORING_OP_READ_FIXED, slot);
  queue.ring.submit();
  t.is(queue.reap().length, 3);
  t.is(readLink(name).tun?.queues, 1);
  t.true(mappedRings().length > ofNode.length);
  queue[Symbol.dispose]();
  t.is(readLink(name).tun?.queues, 0);
  t.deepEqual(openedSince(before), []);
  t.deepEqual(mappedRings(), ofNode);
});

test.serial('Ring lets its files go at once when it is disposed after their descriptors', (t) => {
  const name = makeDevice();
  const ring = Ring.open(4);
  using first = attachTap(name);
  using second = attachTap(name);
  ring.registerFile(first.fd);
  ring.registerFile(second.fd);
  first[Symbol.dispose]();
  second[Symbol.dispose]();
  t.is(readLink(name).tun?.queues, 2);
  ring[Symbol.dispose]();
  t.is(readLink(name).tun?.queues, 0);
});

/** Records every mapping from now on, and its end. */
function watchMemory(): { mapped: number; unmapped: number; restore: () => void } {
  const map = MappedMemory.anonymous;
  const watch = {
    mapped: 0,
    unmapped: 0,
    restore: () => {
      MappedMemory.anonymous = map;
    },
  };
  MappedMemory.anonymous = (length) => {
    const memory = map(length);
    const dispose = memory[Symbol.dispose].bind(memory);
    watch.mapped++;
    memory[Symbol.dispose] = () => {
      watch.unmapped++;
      dispose();
    };
    return memory;
  };
  return watch;
}

test.serial(`Ring leaks nothing when it is opened and closed ${CYCLES} times`, (t) => {
  const name = makeDevice();
  using tap = attachTap(name);
  const before = openFiles();
  const ofNode = mappedRings();
  const memory = watchMemory();
  t.teardown(memory.restore);
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    using ring = Ring.open(8);
    ring.registerFile(tap.fd);
    using arena = MappedMemory.anonymous(SLOT_BYTES);
    t.true(ring.registerBuffer(arena));
  }
  t.deepEqual(openedSince(before), []);
  t.deepEqual(mappedRings(), ofNode);
  t.is(memory.mapped, 3 * CYCLES);
  t.is(memory.unmapped, memory.mapped);
});

test.serial('Ring throws a TypeError when it is used after it was disposed', (t) => {
  const ring = Ring.open(4);
  using tap = attachTap(makeDevice());
  using memory = MappedMemory.anonymous(SLOT_BYTES);
  ring[Symbol.dispose]();
  const uses: readonly (() => unknown)[] = [
    () => ring.submit(),
    () => ring.waitForCompletion(),
    () => ring.registerFile(tap.fd),
    () => ring.registerBuffer(memory),
  ];
  for (const use of uses) {
    t.throws(use, { instanceOf: TypeError, message: 'cannot use "ring": it is closed' });
  }
});

test.serial('Ring does nothing when it is disposed twice or unregisters after that', (t) => {
  const before = openFiles();
  const ring = Ring.open(4);
  using tap = attachTap(makeDevice());
  const slot = ring.registerFile(tap.fd);
  ring[Symbol.dispose]();
  t.notThrows(() => ring[Symbol.dispose]());
  t.notThrows(() => ring.unregisterFile(slot));
  tap[Symbol.dispose]();
  t.deepEqual(openedSince(before), []);
});
