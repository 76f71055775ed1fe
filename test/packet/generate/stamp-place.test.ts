import test from 'ava';
import fc from 'fast-check';
import { payloadOffset } from '../../../src/packet/generate/field-place.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { NO_STAMP, stampOffset } from '../../../src/packet/generate/stamp-place.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';

const V4: FrameTemplate = {
  protocol: 'udp',
  sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  frameBytes: 100,
};
const V6 = { ...V4, source: parseIpAddress('::1'), destination: parseIpAddress('::2') };

for (const [name, base] of [
  ['IPv4', V4],
  ['IPv6', V6],
] as const) {
  for (const protocol of ['udp', 'tcp', 'icmp'] as const) {
    test(`stampOffset finds the payload of ${protocol} over ${name}, tagged or not`, (t) => {
      for (const vlan of [{}, { vlanId: 5 }]) {
        const template = { ...base, ...vlan, protocol };
        t.is(stampOffset(buildFrame(template)), payloadOffset(template)!);
      }
    });
  }
}

test('stampOffset steps over options and extension headers', (t) => {
  const options = Uint8Array.from([...buildFrame(V4).subarray(0, 34), ...new Uint8Array(60)]);
  options[14] = 0x47;
  t.is(stampOffset(options), 14 + 28 + 8);
  const extended = buildFrame(V6);
  extended[20] = 0;
  extended.set([60, 1], 54);
  extended.set([17, 0], 70);
  t.is(stampOffset(extended), 54 + 16 + 8 + 8);
  const tcp = buildFrame({ ...V4, protocol: 'tcp' });
  tcp[34 + 12] = 0x80;
  t.is(stampOffset(tcp), 34 + 32);
});

test('stampOffset is NO_STAMP for other frames', (t) => {
  const fragment = buildFrame(V4);
  fragment[21] = 1;
  const sctp = buildFrame(V4);
  sctp[23] = 132;
  for (const frame of [fragment, sctp, buildFrame({ ...V4, protocol: 'arp' })]) {
    t.is(stampOffset(frame), NO_STAMP);
  }
});

test('stampOffset takes frames cut anywhere, and any bytes', (t) => {
  const frame = buildFrame({ ...V6, protocol: 'tcp' });
  for (let length = 0; length < 67; length++) t.is(stampOffset(frame.subarray(0, length)), NO_STAMP);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Number.isInteger(stampOffset(bytes))));
});
