import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { errnoOf } from '../../../src/sys/errno.js';
import { IO_URING, liburing } from '../../../src/sys/liburing.js';
import { PacketRing } from '../../../src/sys/packet-ring.js';
import { PacketSocket } from '../../../src/sys/packet-socket.js';
import { pointerAt, viewAt } from '../../../src/sys/pointer.js';
import { waitUntilRunning } from '../../../src/tap/queue/sending-device.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { Ring } from '../../../src/uring/ring.js';
import { RWF_NOWAIT, SQE_OP_FLAGS, SQE_SIZE } from '../../../src/uring/sqe.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { RTAP } from '../command.js';
import { markedFrame } from '../ring-tap.js';
import type { RunningProcess } from '../running-process.js';
import { checkFlows, FlowDevice } from '../sent-flows.js';
import { startProgramUnprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const ENOMEM = errnoOf('ENOMEM');
const EAGAIN = errnoOf('EAGAIN');
/** A flag of a read or write that no kernel knows: EOPNOTSUPP. */
const UNKNOWN_FLAG = 0x4000_0000;

/** Entries of the rings that the kernel has memory for in these tests. */
const ENTRIES = 64;
/** Frames of a burst: each byte marks one of them. */
const BURST_FRAMES = 256;
const MARKS = Array.from({ length: BURST_FRAMES }, (_, mark) => mark);

/** Lets the kernel refuse larger rings for the rest of the test. Returns the sizes that are asked for. */
function limitRings(t: ExecutionContext, entriesMax: number): number[] {
  const library = liburing();
  const { queueInit } = library;
  const asked: number[] = [];
  library.queueInit = (entries, ring, flags) => {
    asked.push(entries);
    return entries > entriesMax ? -ENOMEM : queueInit(entries, ring, flags);
  };
  t.teardown(() => {
    library.queueInit = queueInit;
  });
  return asked;
}

async function openDevice(name: string): Promise<TapDevice> {
  ip(`tuntap add dev ${name} mode tap multi_queue`, `link set ${name} up`);
  const device = TapDevice.open(name, { burstFrames: BURST_FRAMES });
  await waitUntilRunning(device.ifindex, 10_000);
  return device;
}

/** The marks of the frames that `witness` has seen and not given yet. */
function marksOf(witness: PacketRing): number[] {
  const marks: number[] = [];
  for (; witness.next(); witness.release()) marks.push(witness.bytes[witness.offset + 14]!);
  return marks;
}

test.serial('Ring.open asks for half when the kernel may not lock the memory, down to two pages', (t) => {
  const asked = limitRings(t, ENTRIES);
  {
    using ring = Ring.open(BURST_FRAMES);
    t.deepEqual([ring.submission.entries, ring.completion.entries], [ENTRIES, 2 * ENTRIES]);
  }
  t.deepEqual(asked.splice(0), [256, 128, 64]);
  using small = Ring.open(4);
  t.is(small.submission.entries, 4);
});

test.serial('Ring.open throws an UnavailableError when the kernel may not lock two pages either', (t) => {
  const asked = limitRings(t, 0);
  const before = openFiles();
  t.throws(() => Ring.open(128), { name: 'UnavailableError', code: 'ENOMEM' });
  t.throws(() => Ring.open(8), { name: 'UnavailableError', code: 'ENOMEM' });
  t.deepEqual(asked, [128, 64, 8]);
  t.deepEqual(openedSince(before), []);
});

test.serial('TapQueue.send sends a burst of more frames than the ring has entries, in order', async (t) => {
  limitRings(t, ENTRIES);
  using device = await openDevice('small0');
  using witness = new PacketRing(device.ifindex, 1024);
  using burst = device.allocateBurst();
  const tooShort = 100;
  for (const mark of MARKS.slice(0, 150))
    burst.append(markedFrame(mark).subarray(0, mark === tooShort ? 10 : 60));
  const whole = MARKS.slice(0, 150).filter((mark) => mark !== tooShort);
  for (let call = 0; call < 2; call++) {
    t.is(device.queues[0]!.send(burst), 149);
    t.deepEqual(marksOf(witness), whole);
    t.deepEqual(
      MARKS.slice(0, 150).filter((index) => burst.refusal(index) === 'EINVAL'),
      [tooShort],
    );
  }
});

test.serial('TapQueue.receive gives all frames once when a burst has more than the ring', async (t) => {
  limitRings(t, ENTRIES);
  using device = await openDevice('small1');
  using burst = device.allocateBurst();
  using socket = PacketSocket.open(device.ifindex);
  for (const mark of MARKS) socket.send(markedFrame(mark));
  const marks: number[] = [];
  let largest = 0;
  for (let count = 1; count > 0; ) {
    count = device.queues[0]!.receive(burst);
    largest = Math.max(largest, count);
    for (let index = 0; index < count; index++) marks.push(burst.frame(index)[14]!);
  }
  t.deepEqual(marks, MARKS);
  t.is(largest, ENTRIES);
});

test.serial('TapQueue.send tells what was sent when memory ends in a later part of a burst', async (t) => {
  limitRings(t, ENTRIES);
  using device = await openDevice('small2');
  using witness = new PacketRing(device.ifindex, 1024);
  using burst = device.allocateBurst();
  for (const mark of MARKS) burst.append(markedFrame(mark));
  const library = liburing();
  const { submit } = library;
  t.teardown(() => {
    library.submit = submit;
  });
  let calls = 0;
  library.submit = (ring) => (++calls === 1 ? submit(ring) : -EAGAIN);
  t.is(device.queues[0]!.send(burst), ENTRIES);
  library.submit = submit;
  t.deepEqual(marksOf(witness), MARKS.slice(0, ENTRIES));
  const refused = MARKS.filter((index) => burst.refusal(index) === 'EAGAIN');
  t.deepEqual(refused, MARKS.slice(ENTRIES));
  t.is(device.queues[0]!.send(burst), MARKS.length);
  t.deepEqual(marksOf(witness), MARKS, 'nothing was sent that the earlier call gave up');
});

/** Lets the kernel refuse transfers that never wait, as Linux before 6.4 does for a TAP: here for a flag that no kernel knows. */
function refuseNowait(pointer: bigint): void {
  const struct = new Uint8Array(viewAt(pointer, IO_URING.size));
  const sqes = viewAt(pointerAt(struct, IO_URING.offsets['sq.sqes']!), ENTRIES * SQE_SIZE);
  const words = new Uint32Array(sqes);
  for (let at = SQE_OP_FLAGS / 4; at < words.length; at += SQE_SIZE / 4)
    if (words[at] === RWF_NOWAIT) words[at] = RWF_NOWAIT | UNKNOWN_FLAG;
}

test.serial('TapQueue.send sends each frame once when an older kernel refuses the first part', async (t) => {
  limitRings(t, ENTRIES);
  using device = await openDevice('small3');
  using witness = new PacketRing(device.ifindex, 1024);
  using burst = device.allocateBurst();
  for (const mark of MARKS) burst.append(markedFrame(mark));
  const library = liburing();
  const { submit } = library;
  t.teardown(() => {
    library.submit = submit;
  });
  library.submit = (ring) => {
    refuseNowait(ring);
    return submit(ring);
  };
  t.is(device.queues[0]!.send(burst), BURST_FRAMES);
  t.false(device.queues[0]!.readsThroughRing);
  t.deepEqual(marksOf(witness), MARKS);
});

/** No other process runs as this user: the kernel counts the locked pages of all. */
const USER = 64_022;

/** What Node 22 and newer lock for rings of their own (14 pages), and two pages more. */
const LIMIT_BYTES = Number(process.versions.node.split('.')[0]) >= 22 ? 65_536 : 8_192;

/** Starts `rtap` as a user without any capability, with a limit of locked memory. */
function startLimited(limitBytes: number, ...words: readonly string[]): RunningProcess {
  const limit = ['prlimit', `--memlock=${limitBytes}:${limitBytes}`];
  return startProgramUnprivileged([...limit, process.execPath, RTAP, ...words], {}, { uid: USER });
}

/** What doctor finds about io_uring under the limit. */
async function findRing(limitBytes: number): Promise<{ readonly state: string; readonly detail: string }> {
  const { stdout } = await startLimited(limitBytes, 'doctor', '--json').ended();
  const findings: readonly { check: string; state: string; detail: string }[] = JSON.parse(stdout);
  return findings.find(({ check }) => check === 'io_uring')!;
}

test.serial('an unprivileged user gets a small ring where Node leaves two pages of the limit', async (t) => {
  // Linux from 5.12 on did not count rings, until 6.14.
  const isCounted = (await findRing(4_096)).state === 'missing';
  t.log(isCounted ? 'this kernel counts rings' : 'this kernel does not count rings');
  const { state, detail } = await findRing(LIMIT_BYTES);
  t.is(state, isCounted ? 'poor' : 'ok', detail);
  if (isCounted) t.regex(detail, /^rtap can make a ring of 64 entries, not of 128: /);
});

test.serial('an unprivileged user sends and receives bursts through such a ring', async (t) => {
  const flows = await FlowDevice.create('limited0', {
    words: ['--owner', String(USER), '--txqueuelen', '5000'],
  });
  const dump = startLimited(LIMIT_BYTES, 'rx-dump', 'limited0', '-c', '2000', '-w', '-', '--pcap');
  await dump.waitFor(/listening/, 'stderr');
  await flows.send(64, 2000);
  const { code, stderr, bytes } = await dump.ended();
  t.is(code, 0, stderr);
  const capture = join(directory, 'limited.pcap');
  writeFileSync(capture, bytes);
  t.like(await checkFlows(capture), { frames: 2000, flows: 64, reordered: 0, twice: 0 });
  const words = ['--udp', '10.9.0.2:1-10.9.0.1:9', '--count', '2000', '-t', '--json'];
  const sent = await startLimited(LIMIT_BYTES, 'tx-inject', 'limited0', ...words).ended();
  t.is(sent.code, 0, sent.stderr);
  t.like(JSON.parse(sent.stdout), { accepted: 2000 });
});
