import { createSocket } from 'node:dgram';
import test from 'ava';
import { CreatedDevice } from '../../../src/tap/device/device-creation.js';
import { deleteDevice } from '../../../src/tap/device/device-removal.js';
import { ReceiveLoop } from '../../../src/tap/queue/receive-loop.js';
import { TapDevice } from '../../../src/tap/queue/tap-device.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';
import { done, run } from '../command.js';
import { ipLinks } from '../ip-link.js';
import { ownMappings, ownVirtualBytes, threadNames } from '../process-state.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();

const MIB = 1024 * 1024;

/** Mappings that a run could leave behind: rings and counter files. */
const OURS = /io_uring|counters-|\/dev\/net\/tun/;

interface Leavings {
  readonly opened: readonly string[];
  readonly mappings: readonly string[];
  readonly links: readonly string[];
  readonly files: readonly string[];
  readonly workers: readonly string[];
}

function leavings(known: ReadonlySet<string>): Leavings {
  return {
    opened: openedSince(known),
    mappings: ownMappings(OURS),
    links: ipLinks().map(({ ifname }) => ifname),
    files: runtimeEntries(workspace),
    workers: threadNames(process.pid).filter((name) => name.startsWith('iou-')),
  };
}

/** Lets the kernel send a frame: before it can send a datagram to an address, it broadcasts an ARP request. */
const socket = createSocket('udp4').unref();

/** Creates a device, reads a frame that the kernel sends into it, and deletes it again: all in this process. */
async function live(round: number): Promise<void> {
  const name = create(1 + (round % 4));
  using device = TapDevice.open(name);
  ip(`addr add 10.44.0.1/24 dev ${name}`);
  await new Promise<void>((resolve) => {
    const loop = new ReceiveLoop(device, device.queues, {
      framesWanted: () => 1,
      onBurst: () => {
        loop[Symbol.dispose]();
        resolve();
      },
      onGone: () => {},
    });
    socket.send('anything', 9, '10.44.0.2');
  });
  deleteDevice(name);
}

function create(queueCount: number): string {
  using created = CreatedDevice.create('life%d', { queueCount, up: true });
  created.makePersistent();
  return created.name;
}

test.serial('200 devices are created, read and deleted, and nothing is left', async (t) => {
  for (let round = 0; round < 8; round++) await live(round);
  const known = openFiles();
  const before = leavings(known);
  const bytesBefore = ownVirtualBytes();
  for (let round = 1; round <= 200; round++) await live(round);
  t.deepEqual(leavings(known), before);
  // The memory for frames has no name in the list of mappings: 200 arenas are 800 MiB.
  t.true(ownVirtualBytes() - bytesBefore < 256 * MIB, `${(ownVirtualBytes() - bytesBefore) / MIB} MiB`);
});

test.serial('a device that is opened and closed 200 times leaves nothing', (t) => {
  using created = CreatedDevice.create('open0', { queueCount: 4 });
  const open = () => {
    using device = TapDevice.open(created.name, { share: true });
    using burst = device.allocateBurst();
    return device.queues[0]!.receive(burst);
  };
  open();
  const known = openFiles();
  const before = leavings(known);
  for (let round = 0; round < 200; round++) t.is(open(), 0);
  t.deepEqual(leavings(known), before);
});

test.serial('an attempt to open or create that fails leaves nothing', (t) => {
  using created = CreatedDevice.create('taken0');
  const attempts = [
    () => CreatedDevice.create('taken0'),
    () => CreatedDevice.create('other0', { mtu: 1 }),
    () => CreatedDevice.create('other0', { queueCount: 0 }),
    () => TapDevice.open('taken0'),
    () => TapDevice.open('taken0', { share: true, queueCount: 257 }),
    () => TapDevice.open('absent0'),
    () => TapDevice.open('taken0', { share: true, burstFrames: 33 }),
  ];
  for (const attempt of attempts) t.throws(attempt);
  const known = openFiles();
  const before = leavings(known);
  for (let round = 0; round < 5; round++) for (const attempt of attempts) t.throws(attempt);
  t.deepEqual(leavings(known), before);
  t.truthy(created.name);
});

test.serial('20 devices are created, dumped and deleted by the command, and nothing is left', async (t) => {
  const known = openFiles();
  const before = leavings(known);
  const rounds = Array.from({ length: 20 }, async (_, round) => {
    const name = `cli${round}`;
    await done('create', name, '--persist', '--up');
    const dumped = await run('rx-dump', name, '--duration', '0');
    t.is(dumped.code, 0, dumped.stderr);
    await done('delete', name);
  });
  await Promise.all(rounds);
  t.deepEqual(leavings(known), before);
});
