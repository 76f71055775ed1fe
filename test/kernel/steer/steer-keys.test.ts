import test from 'ava';
import { loadSocketFilter } from '../../../src/sys/bpf.js';
import { LITTLE_ENDIAN } from '../../../src/sys/platform.js';
import { setTunSteering } from '../../../src/sys/tun.js';
import { withTemporaryQueue } from '../../../src/tap/link/temporary-queue.js';
import { BpfAssembler, R0, R1 } from '../../../src/tap/steer/bpf-assembler.js';
import { done } from '../command.js';
import { readLink } from '../ring-tap.js';
import { enterWorkspace } from '../workspace.js';
import { assertQueues, bridge, makeDevice, type SentFrame } from './steered-device.js';

enterWorkspace();

/** Where a rule of these tests sends frames without its field. */
const ELSE = 3;

const UDP = ['udp4', 'udp6', 'options4', 'extended6'];
const TCP = ['tcp4', 'tcp6'];
const SCTP = ['sctp4', 'sctp6'];
const FRAGMENTS = ['first4', 'later4', 'first6', 'later6'];
const PORTLESS = ['icmp4', 'icmp6', ...FRAGMENTS];
const OTHERS = ['arp', 'short4'];
const KINDS = [...UDP, ...TCP, ...SCTP, ...PORTLESS, ...OTHERS];

interface KeyCase {
  readonly by: string;
  /** The value in a frame; undefined where it has none. */
  readonly value: (frame: SentFrame) => number | string | undefined;
}

const CASES: readonly KeyCase[] = [
  { by: 'udp-dst-port', value: ({ dport, kind }) => (UDP.includes(kind) ? dport : undefined) },
  { by: 'tcp-dst-port', value: ({ dport, kind }) => (TCP.includes(kind) ? dport : undefined) },
  { by: 'dst-port', value: ({ dport }) => dport },
  { by: 'src-port', value: ({ sport }) => sport },
  { by: 'src-ip', value: ({ src }) => src },
  { by: 'dst-ip', value: ({ dst }) => dst },
];

for (const queueCount of [4, 7]) {
  for (const [index, { by, value }] of CASES.entries()) {
    test(`steer --by ${by} takes the value modulo ${queueCount} queues, in frames of every kind`, async (t) => {
      using device = await makeDevice(`mod${queueCount}k${index}`, queueCount);
      await done('steer', device.name, '--by', by, '--else', String(ELSE));
      await assertQueues(t, device, { kinds: KINDS, seed: index }, (frame) => {
        const number = value(frame);
        return number === undefined ? ELSE : Number(BigInt(number) % BigInt(queueCount));
      });
    });
  }
}

test('a frame that comes over a bridge has its outer VLAN tag beside it, and one that is sent out of the device has it inside', async (t) => {
  using device = await makeDevice('meta0', 4);
  const left = await bridge(device);
  const program = new BpfAssembler();
  program.load(4, R0, R1, 20);
  program.compute('add', R0, 1);
  program.exit();
  const purpose = { action: 'steer', object: device.name };
  using loaded = loadSocketFilter(program.assemble(LITTLE_ENDIAN), 'present', purpose);
  withTemporaryQueue(readLink('meta0'), purpose, ({ fd }) => setTunSteering(fd, loaded.fd, purpose));
  for (const tags of ['8100:5', '88a8:5,8100:6']) {
    await assertQueues(t, device, { kinds: ['udp4'], tags, through: left, count: 50 }, () => 2);
    await assertQueues(t, device, { kinds: ['udp4'], tags, count: 50 }, () => 1);
  }
});

test('steer sees fields behind one and two VLAN tags, inside of the frame and beside it', async (t) => {
  using device = await makeDevice('tags0', 4);
  const left = await bridge(device);
  await done('steer', 'tags0', '--by', 'udp-dst-port', '--else', String(ELSE));
  const expected = ({ dport }: SentFrame) => dport! % 4;
  for (const tags of ['8100:5', '88a8:5', '9100:5', '88a8:7,8100:5', '8100:1,8100:2']) {
    await assertQueues(t, device, { kinds: UDP, tags }, expected);
    await assertQueues(t, device, { kinds: UDP, tags, through: left }, expected);
  }
  await assertQueues(t, device, { kinds: UDP, tags: '8100:1,8100:2,8100:3', count: 10 }, () => ELSE);
});

test('steer --by vlan takes the outer tag, inside of the frame or beside it, with and without a map', async (t) => {
  using device = await makeDevice('vlan0', 4);
  const left = await bridge(device);
  const kinds = ['udp4', 'tcp6', 'icmp4', 'arp'];
  const rules: readonly (readonly [
    words: readonly string[],
    queueOf: (vlan: number | undefined) => number,
  ])[] = [
    [['--else', String(ELSE)], (vlan) => (vlan === undefined ? ELSE : vlan % 4)],
    [
      ['--map', '1000-1999=1,6=2,2000-4095=0-2', '--else', '3'],
      (vlan = 0) => (vlan === 6 ? 2 : vlan >= 2000 ? (vlan - 2000) % 3 : vlan >= 1000 ? 1 : 3),
    ],
  ];
  for (const [words, queueOf] of rules) {
    await done('steer', 'vlan0', '--by', 'vlan', ...words);
    for (const tags of ['8100:r', '88a8:r', '88a8:r,8100:5', '8100:6', '-']) {
      await assertQueues(t, device, { kinds, tags }, ({ vlan }) => queueOf(vlan));
      await assertQueues(t, device, { kinds, tags, through: left }, ({ vlan }) => queueOf(vlan));
    }
  }
});
