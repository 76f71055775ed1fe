import test from 'ava';
import fc from 'fast-check';
import { formatHex } from '../../../src/packet/bytes/hex.js';
import { addBytes } from '../../../src/packet/bytes/internet-checksum.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import { type FrameTemplate, frameBytesMin } from '../../../src/packet/generate/frame-template.js';
import { ETH_P_8021Q } from '../../../src/packet/headers/ethernet-header.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { summarizeFrame, summarizeFrameWithLink } from '../../../src/packet/summary/frame-summary.js';
import { sumTransport } from '../offload/transport-checksum.js';

const V4: FrameTemplate = {
  protocol: 'udp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  sourcePort: 1000,
  destinationPort: 2000,
  frameBytes: 60,
};
const V6: FrameTemplate = {
  ...V4,
  source: parseIpAddress('2001:db8::1'),
  destination: parseIpAddress('2001:db8::2'),
  frameBytes: 100,
};

/** Ether()/Dot1Q(vlan=7)/IP(ttl=1, flags='DF', id=0)/UDP(sport=1000, dport=2000)/Raw(bytes.fromhex('abcdefab')) */
const SCAPY =
  '0200 0000 0002 0200 0000 0001 8100 0007 0800 4500 0020 0000 4000 0111 65cb ' +
  '0a00 0001 0a00 0002 03e8 07d0 000c 44a2 abcd efab';

const rows: readonly (readonly [template: FrameTemplate, line: string])[] = [
  [{ ...V4, protocol: 'arp' }, 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 46'],
  [{ ...V4, protocol: 'arp', frameBytes: 42 }, 'ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28'],
  [V4, 'IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 18'],
  [{ ...V4, vlanId: 7, frameBytes: 64 }, 'IP 10.0.0.1.1000 > 10.0.0.2.2000: UDP, length 18'],
  [
    { ...V4, protocol: 'tcp', sequence: 5, tcpFlags: 0x18, frameBytes: 64 },
    'IP 10.0.0.1.1000 > 10.0.0.2.2000: Flags [P.], seq 5:15, ack 0, win 65535, length 10',
  ],
  [
    { ...V4, protocol: 'tcp', frameBytes: 54 },
    'IP 10.0.0.1.1000 > 10.0.0.2.2000: Flags [S], seq 0, win 65535, length 0',
  ],
  [
    { ...V4, protocol: 'icmp', identifier: 3, sequence: 4 },
    'IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 3, seq 4, length 26',
  ],
  [V6, 'IP6 2001:db8::1.1000 > 2001:db8::2.2000: UDP, length 38'],
  [
    { ...V6, protocol: 'tcp' },
    'IP6 2001:db8::1.1000 > 2001:db8::2.2000: Flags [S], seq 0:26, win 65535, length 26',
  ],
  [
    { ...V6, protocol: 'icmp', identifier: 3, sequence: 4 },
    'IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 3, seq 4, length 46',
  ],
];

for (const [template, line] of rows) {
  test(`buildFrame builds: ${line}${template.vlanId === undefined ? '' : ', tagged'}`, (t) => {
    const frame = buildFrame(template);
    t.is(frame.length, template.frameBytes);
    t.is(summarizeFrame(frame, frame.length), line);
  });
}

test('buildFrame builds the bytes that scapy builds', (t) => {
  const payload = Uint8Array.of(0xab, 0xcd, 0xef);
  const frame = buildFrame({ ...V4, frameBytes: 50, payload, hopLimit: 1, vlanId: 7 });
  t.is(formatHex(frame).replace(/(.{4})(?=.)/g, '$1 '), SCAPY);
});

test('buildFrame tags a frame', (t) => {
  const frame = buildFrame({ ...V4, vlanId: 4094 });
  t.is((frame[12]! << 8) | frame[13]!, ETH_P_8021Q);
  t.regex(summarizeFrameWithLink(frame, frame.length), /vlan 4094, p 0, ethertype IPv4/);
});

test('buildFrame repeats the payload', (t) => {
  const frame = buildFrame({ ...V4, payload: Uint8Array.of(1, 2, 3) });
  t.deepEqual([...frame.subarray(42, 50)], [1, 2, 3, 1, 2, 3, 1, 2]);
});

const templates = fc.record({
  base: fc.constantFrom(V4, V6),
  protocol: fc.constantFrom('icmp' as const, 'tcp' as const, 'udp' as const),
  more: fc.nat(1000),
  payload: fc.uint8Array({ maxLength: 20 }),
  ports: fc.tuple(fc.nat(65535), fc.nat(65535)),
  vlanId: fc.option(fc.nat(4094), { nil: undefined }),
});

test('buildFrame writes correct checksums and lengths', (t) => {
  fc.assert(
    fc.property(templates, ({ base, protocol, more, payload, ports, vlanId }) => {
      const shape = { ...base, protocol, payload, sourcePort: ports[0], destinationPort: ports[1] };
      const template = vlanId === undefined ? shape : { ...shape, vlanId };
      const frame = buildFrame({ ...template, frameBytes: frameBytesMin(template) + more });
      t.is(sumTransport(frame), 0xffff);
      if (base === V4) {
        const ip = vlanId === undefined ? 14 : 18;
        t.is(addBytes(0, frame, ip, ip + 20), 0xffff);
      }
      t.notRegex(summarizeFrame(frame, frame.length), /truncated|bad|\[\|/);
    }),
  );
});

test('buildFrame stores 0xffff where a UDP checksum would be zero', (t) => {
  // The payload adds what is missing to 0xffff.
  const frame = buildFrame({ ...V4, frameBytes: 44 });
  const missing = (frame[40]! << 8) | frame[41]!;
  const zero = buildFrame({ ...V4, frameBytes: 44, payload: Uint8Array.of(missing >> 8, missing & 255) });
  t.deepEqual([...zero.subarray(40, 42)], [0xff, 0xff]);
});

const refusals: readonly (readonly [
  template: FrameTemplate,
  type: typeof RangeError | typeof TypeError,
  message: string,
])[] = [
  [{ ...V4, frameBytes: 41 }, RangeError, 'cannot build a frame of "udp": 41 bytes are not 42 to 65549'],
  [
    { ...V4, protocol: 'tcp', frameBytes: 53 },
    RangeError,
    'cannot build a frame of "tcp": 53 bytes are not 54 to 65549',
  ],
  [
    { ...V4, frameBytes: 65550 },
    RangeError,
    'cannot build a frame of "udp": 65550 bytes are not 42 to 65549',
  ],
  [{ ...V4, frameBytes: 60.5 }, RangeError, 'cannot build a frame of "udp": 60.5 bytes are not 42 to 65549'],
  [
    { ...V6, protocol: 'arp' },
    TypeError,
    'cannot build a frame of "arp": its addresses have 16 and 16 bytes',
  ],
  [
    { ...V4, source: V6.source },
    TypeError,
    'cannot build a frame of "udp": its addresses have 16 and 4 bytes',
  ],
  [
    { ...V4, sourceMac: new Uint8Array(7) },
    TypeError,
    'cannot build a frame of "udp": a MAC address has 6 bytes',
  ],
  [{ ...V4, vlanId: 4095 }, RangeError, 'cannot build a frame of "udp": VLAN id 4095 is not 0 to 4094'],
];

for (const [template, instanceOf, message] of refusals) {
  test(`buildFrame says: ${message}`, (t) => {
    t.throws(() => buildFrame(template), { instanceOf, message });
  });
}

test('buildFrame builds the largest frames', (t) => {
  t.is(buildFrame({ ...V4, frameBytes: 65549 }).length, 65549);
  t.is(sumTransport(buildFrame({ ...V6, frameBytes: 65589 })), 0xffff);
});
