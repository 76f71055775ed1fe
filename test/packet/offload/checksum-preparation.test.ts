import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { completeChecksum } from '../../../src/packet/offload/checksum-completion.js';
import { prepareChecksum } from '../../../src/packet/offload/checksum-preparation.js';
import {
  DESTINATION_OPTIONS,
  type ExtensionHeader,
  HOP_BY_HOP,
  ROUTING_DONE,
  withExtensionHeaders,
  withIpv4Options,
  withTags,
} from './longer-headers.js';

const V4: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  sourcePort: 1000,
  destinationPort: 2000,
  payload: Uint8Array.of(0x5a, 1, 2),
  frameBytes: 54 + 9,
};
const V6: FrameTemplate = {
  ...V4,
  source: parseIpAddress('2001:db8::1'),
  destination: parseIpAddress('2001:db8::2'),
  frameBytes: 74 + 9,
};
const OPTIONS = [1, 1, 1, 1, 0x94, 4, 0, 0];
const NO_FACTS = { flags: 0, checksumStart: 0, checksumOffset: 0 };

/** Every known shape of headers, with the offset of TCP or UDP. */
const SHAPES: readonly (readonly [string, (protocol: 'tcp' | 'udp') => Uint8Array, number])[] = [
  ['IPv4', (protocol) => buildFrame({ ...V4, protocol }), 34],
  ['IPv4 with options', (protocol) => withIpv4Options(buildFrame({ ...V4, protocol }), OPTIONS), 42],
  ['IPv6', (protocol) => buildFrame({ ...V6, protocol }), 54],
  ['IPv6 with hop-by-hop', (protocol) => v6(protocol, HOP_BY_HOP), 62],
  [
    'IPv6 with three headers',
    (protocol) => v6(protocol, HOP_BY_HOP, ROUTING_DONE, DESTINATION_OPTIONS),
    54 + 8 + 24 + 16,
  ],
  ['VLAN', (protocol) => withTags(buildFrame({ ...V4, protocol }), 0x8100), 38],
  ['QinQ', (protocol) => withTags(v6(protocol, DESTINATION_OPTIONS), 0x88a8, 0x8100), 54 + 16 + 8],
];

function v6(protocol: 'tcp' | 'udp', ...headers: readonly ExtensionHeader[]): Uint8Array {
  return withExtensionHeaders(buildFrame({ ...V6, protocol }), ...headers);
}

for (const [shape, build, start] of SHAPES) {
  test(`prepareChecksum leaves to the kernel what completeChecksum finishes when it is ${shape}`, (t) => {
    for (const [protocol, offset] of [
      ['tcp', 16],
      ['udp', 6],
    ] as const) {
      const whole = build(protocol);
      const frame = Uint8Array.from(whole);
      frame.set([0xde, 0xad], start + offset);
      const facts = { ...NO_FACTS, flags: 2 };
      t.true(prepareChecksum(frame, facts));
      t.deepEqual(facts, { flags: 1, checksumStart: start, checksumOffset: offset });
      t.notDeepEqual(frame, whole);
      t.true(completeChecksum(frame, facts));
      t.deepEqual(frame, whole);
      t.true(prepareChecksum(Uint8Array.from([...frame, 0, 0, 0]), facts), 'padding of zeros');
    }
  });

  test(`prepareChecksum changes nothing when ${shape} is cut, or has more behind it`, (t) => {
    const whole = build('udp');
    const refused = (frame: Uint8Array) => {
      const before = Uint8Array.from(frame);
      const facts = { ...NO_FACTS };
      const answer = prepareChecksum(frame, facts);
      t.deepEqual([answer, facts, frame], [false, NO_FACTS, before]);
    };
    for (let length = 0; length < whole.length; length++) refused(whole.slice(0, length));
    refused(Uint8Array.from([...whole, 0, 1]));
    const shorter = Uint8Array.from(whole);
    shorter[start + 5] = shorter[start + 5]! - 1;
    refused(shorter);
  });
}

test('prepareChecksum writes the sum of RFC 793 and RFC 8200 when computed by hand', (t) => {
  // 10.0.0.1, 10.0.0.2, 6 and 20 + 9 bytes: 0a00 + 0001 + 0a00 + 0002 + 0006 + 001d.
  const tcp = buildFrame(V4);
  t.true(prepareChecksum(tcp, { ...NO_FACTS }));
  t.deepEqual([...tcp.subarray(50, 52)], [0x14, 0x26]);
  // Twice 2001 + 0db8, 1 and 2, 17 and 29 bytes.
  const udp = buildFrame({ ...V6, protocol: 'udp' });
  t.true(prepareChecksum(udp, { ...NO_FACTS }));
  t.deepEqual([...udp.subarray(60, 62)], [0x5b, 0xa3]);
});

test('prepareChecksum takes the last destination when a source route has hops left', (t) => {
  const arrived = buildFrame({ ...V4, destination: parseIpAddress('10.0.0.9') });
  for (const [pointer, whole] of [
    [4, arrived],
    [8, buildFrame(V4)],
  ] as const) {
    const frame = withIpv4Options(buildFrame(V4), [131, 7, pointer, 10, 0, 0, 9, 0]);
    const facts = { ...NO_FACTS };
    t.true(prepareChecksum(frame, facts));
    t.true(completeChecksum(frame, facts));
    t.deepEqual(frame.slice(42), whole.slice(34), `pointer ${pointer}`);
  }
});

test('prepareChecksum takes the last destination when a routing header has segments left', (t) => {
  const hops = [...Array<number>(16).fill(1), ...Array<number>(16).fill(2)];
  const last = (type: number) => (type === 4 ? 1 : 2);
  for (const type of [0, 2, 4]) {
    const frame = v6('udp', [43, type, 1, 0, 0, 0, 0, ...hops]);
    const arrived = buildFrame({
      ...V6,
      protocol: 'udp',
      destination: new Uint8Array(16).fill(last(type)),
    });
    const facts = { ...NO_FACTS };
    t.true(prepareChecksum(frame, facts));
    t.true(completeChecksum(frame, facts));
    t.deepEqual(frame.slice(94), arrived.slice(54), `type ${type}`);
  }
  t.false(prepareChecksum(v6('udp', [43, 3, 1, 0, 0, 0, 0, ...hops]), { ...NO_FACTS }));
});

test("prepareChecksum needs only the headers when the frame's length is passed", (t) => {
  const whole = buildFrame({ ...V4, frameBytes: 2000 });
  const head = whole.slice(0, 54);
  const facts = { ...NO_FACTS };
  t.true(prepareChecksum(head, facts, { frameBytes: 2000 }));
  const finished = Uint8Array.from([...head, ...whole.subarray(54)]);
  t.true(completeChecksum(finished, facts));
  t.deepEqual(finished, whole);
  for (const frameBytes of [1999, 2001]) t.false(prepareChecksum(head, { ...NO_FACTS }, { frameBytes }));
  t.false(prepareChecksum(head.slice(0, 53), { ...NO_FACTS }, { frameBytes: 2000 }));
});

test('prepareChecksum refuses what has no such checksum', (t) => {
  const fragment = buildFrame(V4);
  fragment[20] = 0x20;
  const frames = [
    fragment,
    buildFrame({ ...V4, protocol: 'icmp' }),
    buildFrame({ ...V4, protocol: 'arp' }),
    v6('udp', [44, 0, 1, 0, 0, 0, 9]),
    parseHex('ffffffffffff02000000000188b5'.padEnd(120, '0')),
  ];
  for (const frame of frames) t.false(prepareChecksum(frame, { ...NO_FACTS }));
});

test('completeChecksum gives the whole checksum after prepareChecksum for any payload and header', (t) => {
  const shapes = fc.constantFrom(...SHAPES.map(([, build, start]) => [build, start] as const));
  const bytes = fc.uint8Array({ maxLength: 9 });
  fc.assert(
    fc.property(shapes, fc.constantFrom('tcp', 'udp'), bytes, ([build, start], protocol, noise) => {
      const frame = build(protocol);
      const payload = start + (protocol === 'tcp' ? 20 : 8);
      frame.set(noise.subarray(0, Math.min(noise.length, frame.length - payload)), payload);
      const facts = { ...NO_FACTS };
      t.true(prepareChecksum(frame, facts));
      t.true(completeChecksum(frame, facts));
      const again = Uint8Array.from(frame);
      t.true(prepareChecksum(again, facts));
      t.true(completeChecksum(again, facts));
      t.deepEqual(again, frame);
      t.is(sumWithPseudoHeader(frame, start, protocol), 0xffff);
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('prepareChecksum does not throw for any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(11), (bytes, kind) => {
      const frame = Uint8Array.from(bytes);
      if (frame.length > 20)
        frame.set(
          [
            [0x08, 0],
            [0x86, 0xdd],
            [0x81, 0],
          ][kind % 3]!,
          12,
        );
      if (frame.length > 40 && kind > 5) frame.set([kind % 3 === 0 ? 0x45 : 0x60], 14);
      const before = Uint8Array.from(frame);
      const facts = { ...NO_FACTS };
      if (prepareChecksum(frame, facts)) t.true(completeChecksum(frame, facts));
      else t.deepEqual([facts, frame], [NO_FACTS, before]);
    }),
    { seed: 4, numRuns: 5000 },
  );
});

/** The sum over pseudo header, header and payload, word by word, of the addresses that SHAPES use. */
function sumWithPseudoHeader(frame: Uint8Array, start: number, protocol: 'tcp' | 'udp'): number {
  const length = frame.length - start;
  const hex = Buffer.from(frame).toString('hex');
  const six = hex.includes('20010db8');
  const pseudo = six ? [0x2001, 0x0db8, 1, 0x2001, 0x0db8, 2] : [0x0a00, 0x0001, 0x0a00, 0x0002];
  let sum = pseudo.reduce((total, word) => total + word, length + (protocol === 'tcp' ? 6 : 17));
  for (let at = start; at < frame.length; at += 2) sum += frame[at]! * 256 + (frame[at + 1] ?? 0);
  return sum % 0xffff || 0xffff;
}
