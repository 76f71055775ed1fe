import test from 'ava';
import { done, refusal } from '../command.js';
import { enterWorkspace } from '../workspace.js';
import {
  assertQueues,
  bridge,
  makeDevice,
  type SentFrame,
  SteeredDevice,
  type SteeredFrame,
} from './steered-device.js';

enterWorkspace();

/** Kinds with ports. */
const PORTS = ['udp4', 'udp6', 'tcp4', 'tcp6', 'sctp4', 'sctp6', 'options4', 'extended6'];
const ELSE = 3;

test('a map sends values and ranges of ports to queues and ranges of queues', async (t) => {
  using device = await makeDevice('map0', 4);
  const rows: readonly (readonly [map: string, queueOf: (value: number) => number])[] = [
    [
      '5000-5003=0-3,53=1',
      (value) => (value === 53 ? 1 : value >= 5000 && value <= 5003 ? value - 5000 : ELSE),
    ],
    ['0-65535=2', () => 2],
    [
      '1-9999=1,10000-29999=0-1,30000-65535=0-2',
      (value) => (value < 10_000 ? 1 : value < 30_000 ? value % 2 : value % 3),
    ],
    ['0-32767=0,32769-65535=1', (value) => (value === 32_768 ? ELSE : value < 32_768 ? 0 : 1)],
  ];
  for (const [map, queueOf] of rows) {
    await done('steer', 'map0', '--by', 'dst-port', '--map', map, '--else', String(ELSE));
    await assertQueues(t, device, { kinds: [...PORTS, 'icmp4', 'later6'] }, ({ dport }) =>
      dport === undefined ? ELSE : queueOf(dport),
    );
  }
});

test('a map of 512 ranges of ports sends every port where it says', async (t) => {
  using device = await makeDevice('map512', 8);
  const ranges = Array.from({ length: 512 }, (_, index) => ({ first: index * 128, queue: index % 5 }));
  const map = ranges.map(({ first, queue }) => `${first}-${first + 99}=${queue}-${queue + 3}`).join();
  await done('steer', 'map512', '--by', 'src-port', '--map', map, '--else', '7');
  await assertQueues(t, device, { kinds: PORTS }, ({ sport = 0 }) => {
    const { first, queue } = ranges[sport >> 7]!;
    return sport - first > 99 ? 7 : queue + ((sport - first) % 4);
  });
});

/** A range of addresses, and its words in a map. */
interface AddressRange {
  readonly words: string;
  readonly bits: 32 | 128;
  readonly first: bigint;
  readonly last: bigint;
  readonly queues: readonly [number, number];
}

function formatAddress(value: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const digits = value.toString(16).padStart(32, '0');
  return digits.replaceAll(/(.{4})(?!$)/g, '$1:');
}

/** Every second one of `count` equal parts of all addresses, each to three queues or to one. */
function addressRanges(bits: 32 | 128, count: number): AddressRange[] {
  const size = (1n << BigInt(bits)) / BigInt(count);
  return Array.from({ length: count / 2 }, (_, index) => {
    const first = BigInt(2 * index) * size + 5n;
    const last = first + size - 1n;
    const queues =
      index % 2 === 0 ? ([index % 4, (index % 4) + 3] as const) : ([index % 7, index % 7] as const);
    const words = `${formatAddress(first, bits)}-${formatAddress(last, bits)}=${queues.join('-')}`;
    return { words, bits, first, last, queues };
  });
}

test('a map sends ranges of IPv4 and IPv6 addresses to queues', async (t) => {
  using device = await makeDevice('mapip', 8);
  const ranges = [...addressRanges(32, 16), ...addressRanges(128, 64)];
  const map = ranges.map(({ words }) => words).join();
  for (const [by, value] of [
    ['src-ip', ({ src }: SentFrame) => src],
    ['dst-ip', ({ dst }: SentFrame) => dst],
  ] as const) {
    await done('steer', 'mapip', '--by', by, '--map', map, '--else', '7');
    await assertQueues(t, device, { kinds: [...PORTS, 'icmp6', 'first4', 'later6', 'arp'] }, (frame) => {
      const address = value(frame);
      if (address === undefined) return 7;
      const bits = frame.kind.endsWith('6') ? 128 : 32;
      const number = BigInt(address);
      const range = ranges.find((one) => one.bits === bits && number >= one.first && number <= one.last);
      if (range === undefined) return 7;
      const [first, last] = range.queues;
      return first + Number((number - range.first) % BigInt(last - first + 1));
    });
  }
});

test('a map takes prefixes of addresses, and a map of one version of IP leaves the other', async (t) => {
  using device = await makeDevice('prefix0', 4);
  await done('steer', 'prefix0', '--by', 'dst-ip', '--map', '0.0.0.0/1=1,128.0.0.0/2=2', '--else', '0');
  await assertQueues(t, device, { kinds: ['udp4', 'udp6'] }, ({ dst = '', kind }) =>
    kind === 'udp6' ? 0 : Number(dst) < 2 ** 31 ? 1 : Number(dst) < 2 ** 31 + 2 ** 30 ? 2 : 0,
  );
  await done('steer', 'prefix0', '--by', 'dst-ip', '--map', '::/1=3', '--else', '0');
  await assertQueues(t, device, { kinds: ['udp4', 'udp6'] }, ({ dst = '', kind }) =>
    kind === 'udp6' && BigInt(dst) < 1n << 127n ? 3 : 0,
  );
});

test('steer uses all of 128 queues, by port, by address and by flow', async (t) => {
  using device = await makeDevice('many0', 128);
  await done('steer', 'many0', '--by', 'udp-dst-port');
  await assertQueues(t, device, { kinds: ['udp4', 'udp6'] }, ({ dport = 0 }) => dport % 128);
  await done('steer', 'many0', '--by', 'dst-ip');
  await assertQueues(t, device, { kinds: ['icmp4', 'icmp6'] }, ({ dst = '' }) => Number(BigInt(dst) % 128n));
  await done('steer', 'many0', '--by', 'dst-port', '--map', '0-65535=0-127');
  await assertQueues(t, device, { kinds: ['tcp4', 'tcp6'] }, ({ dport = 0 }) => dport % 128);
  await done('steer', 'many0', '--by', 'flow');
  const frames = await device.send(1000, { kinds: ['udp4'] });
  const used = new Set(frames.map(({ queue }) => queue));
  t.true(used.size > 120, `${used.size} queues used`);
});

function queuesOf(frames: readonly SteeredFrame[]): (number | undefined)[] {
  return frames.map(({ queue }) => queue);
}

test('both directions of a flow go to one queue, and flows are spread evenly', async (t) => {
  using device = await makeDevice('flow0', 4);
  await done('steer', 'flow0', '--by', 'flow');
  for (const kinds of [PORTS, ['icmp4', 'icmp6'], ['arp']]) {
    const there = await device.send(1000, { kinds });
    const back = await device.send(1000, { kinds, swap: true });
    t.deepEqual(queuesOf(back), queuesOf(there));
    for (const queue of [0, 1, 2, 3]) {
      const share = there.filter((frame) => frame.queue === queue).length / there.length;
      t.true(share > 0.2 && share < 0.3, `${share} of ${kinds.join()} in queue ${queue}`);
    }
  }
});

test('flow tells ports apart, and takes all fragments of two addresses to one queue', async (t) => {
  using device = await makeDevice('fragment0', 16);
  await done('steer', 'fragment0', '--by', 'flow');
  // The same seed gives the same addresses: a frame of each kind alone.
  const queueOf = async (kind: string, seed: number) => {
    return queuesOf(await device.send(1, { kinds: [kind], seed }))[0];
  };
  let differing = 0;
  for (const seed of [1, 2, 3]) {
    for (const version of ['4', '6']) {
      const fragments = await queueOf(`first${version}`, seed);
      t.not(fragments, undefined);
      t.is(await queueOf(`later${version}`, seed), fragments);
      t.is(await queueOf(`icmp${version}`, seed), fragments, 'no ports either');
      if ((await queueOf(`udp${version}`, seed)) !== fragments) differing += 1;
    }
  }
  t.true(differing >= 4, `${differing} of 6 flows differ from their fragments`);
});

test('frames without the field, and values outside of the map, go by flow unless --else names a queue', async (t) => {
  using device = await makeDevice('else0', 4);
  const left = await bridge(device);
  await done('steer', 'else0', '--by', 'flow');
  const kinds = ['udp4', 'tcp6', 'icmp4', 'later6', 'arp'];
  const tags = ['-', '8100:5', '88a8:7,8100:5'];
  const byFlow = await device.send(500, { kinds });
  for (const rule of [
    ['--by', 'vlan', '--map', '99=1'],
    ['--by', 'src-port', '--map', '0=1'],
    ['--by', 'dst-ip', '--map', '192.0.2.1=1,2001:db8::1=1'],
  ]) {
    await done('steer', 'else0', ...rule);
    for (const of of tags) {
      t.deepEqual(queuesOf(await device.send(500, { kinds, tags: of })), queuesOf(byFlow), rule.join(' '));
      t.deepEqual(
        queuesOf(await device.send(500, { kinds, tags: of, through: left })),
        queuesOf(byFlow),
        rule.join(' '),
      );
    }
  }
  await done('steer', 'else0', '--by', 'flow', '--else', '2');
  const known = await device.send(500, { kinds: ['udp4', 'tcp6', 'icmp4', 'later6'] });
  t.deepEqual(queuesOf(known), queuesOf(byFlow).slice(0, 2000));
  await assertQueues(t, device, { kinds: ['arp'] }, () => 2);
});

test('steer refuses queues that the device does not have, and keeps what is set', async (t) => {
  using device = await makeDevice('few0', 2);
  await done('steer', 'few0', '--by', 'dst-port', '--map', '53=1');
  for (const words of [
    ['--by', 'dst-port', '--map', '53=0,54-60=1-2'],
    ['--by', 'flow', '--else', '2'],
  ])
    t.deepEqual(await refusal('steer', device.name, ...words), [
      2,
      'rtap: cannot use queue 2: few0 has 2 queues (0 to 1)',
    ]);
  t.is(await done('steer', 'few0'), '--by dst-port --map 53=1 --else flow\n');
});

test('a device with more queues than when it was steered uses all of them', async (t) => {
  await done('create', 'grow0', '--persist', '--up', '--queues', '3', '--txqueuelen', '5000');
  for (const [by, value] of [
    ['dst-port', ({ dport }: SentFrame) => BigInt(dport!)],
    ['dst-ip', ({ dst }: SentFrame) => BigInt(dst!) % 65_535n],
  ] as const) {
    await done('create', 'grow0', '--persist', '--exist-ok', '--queues', '3');
    await done('steer', 'grow0', '--by', by);
    await done('create', 'grow0', '--persist', '--exist-ok', '--queues', '5');
    using device = await SteeredDevice.open('grow0');
    await assertQueues(t, device, { kinds: ['udp4', 'udp6'] }, (frame) => Number(value(frame) % 5n));
  }
});
