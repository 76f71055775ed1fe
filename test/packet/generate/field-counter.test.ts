import test from 'ava';
import fc from 'fast-check';
import { formatHex } from '../../../src/packet/bytes/hex.js';
import { addBytes } from '../../../src/packet/bytes/internet-checksum.js';
import { FieldCounter } from '../../../src/packet/generate/field-counter.js';
import { placeChecksums, placeField } from '../../../src/packet/generate/field-place.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { VARIED_FIELDS, type VariedField } from '../../../src/packet/generate/varied-field.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { ChecksummedFrame } from '../../../src/packet/offload/checksummed-frame.js';
import { sumTransport } from '../offload/transport-checksum.js';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const V4 = { source: parseIpAddress('10.0.0.1'), destination: parseIpAddress('10.0.0.2') };
const V6 = { source: parseIpAddress('2001:db8::1'), destination: parseIpAddress('2001:db8::2') };

const templates = fc.record({
  protocol: fc.constantFrom('arp' as const, 'icmp' as const, 'tcp' as const, 'udp' as const),
  isIpv4: fc.boolean(),
  tagged: fc.boolean(),
  more: fc.nat(60),
  payload: fc.uint8Array({ maxLength: 9 }),
});

function templateOf(wish: {
  readonly protocol: FrameTemplate['protocol'];
  readonly isIpv4: boolean;
  readonly tagged: boolean;
  readonly more: number;
  readonly payload: Uint8Array;
}): FrameTemplate {
  const { protocol, isIpv4, tagged, more, payload } = wish;
  return {
    protocol,
    sourceMac: MAC,
    destinationMac: MAC,
    ...(isIpv4 || protocol === 'arp' ? V4 : V6),
    ...(tagged ? { vlanId: 9 } : {}),
    frameBytes: 78 + more,
    payload,
  };
}

/** The frame that is built from the values in `frame`. */
function rebuild(frame: Uint8Array, template: FrameTemplate): Uint8Array {
  const bytesOf = (name: VariedField['name']) => {
    const place = placeField(name, template);
    return place && frame.slice(place.offsets[0], place.offsets[0]! + place.bytes);
  };
  const numberOf = (name: VariedField['name']) =>
    (bytesOf(name) ?? new Uint8Array()).reduce((value, byte) => value * 256 + byte, 0);
  return buildFrame({
    ...template,
    sourceMac: bytesOf('src-mac')!,
    destinationMac: bytesOf('dst-mac')!,
    source: bytesOf('src-ip')!,
    destination: bytesOf('dst-ip')!,
    sourcePort: numberOf('src-port'),
    destinationPort: numberOf('dst-port'),
    sequence: numberOf('seq'),
    identifier: numberOf('id'),
    ...(template.vlanId === undefined ? {} : { vlanId: numberOf('vlan') }),
  });
}

test('a frame with counted fields equals the frame that is built from their values', (t) => {
  const counting = fc.record({
    name: fc.constantFrom(...VARIED_FIELDS),
    bytes: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    step: fc.integer({ min: 1, max: 0xffff_ffff }),
    count: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(templates, fc.array(counting, { maxLength: 4 }), fc.nat(12), (wish, fields, frames) => {
      const template = templateOf(wish);
      const frame = new ChecksummedFrame(buildFrame(template), placeChecksums(template));
      const counters = fields.flatMap(({ name, bytes, step, count }) => {
        const place = placeField(name, template);
        if (place === undefined || name === 'vlan') return [];
        return [new FieldCounter({ name, first: bytes.slice(0, place.bytes), step, count }, place)];
      });
      for (let made = 0; made <= frames; made++) {
        for (const counter of counters) {
          counter.write(frame);
          counter.advance();
        }
        frame.finish();
        t.deepEqual(frame.bytes, rebuild(frame.bytes, template));
        if (template.protocol !== 'arp') t.is(sumTransport(frame.bytes), 0xffff);
        const ip = wish.tagged ? 18 : 14;
        if (template.protocol !== 'arp' && wish.isIpv4) t.is(addBytes(0, frame.bytes, ip, ip + 20), 0xffff);
      }
    }),
  );
});

/** The values of a field of a UDP frame, in order. */
function valuesOf(field: VariedField, frames: number, template = templateOf(PLAIN)): string[] {
  const place = placeField(field.name, template)!;
  const frame = new ChecksummedFrame(buildFrame(template), placeChecksums(template));
  const counter = new FieldCounter(field, place);
  return Array.from({ length: frames }, () => {
    counter.write(frame);
    counter.advance();
    return formatHex(frame.bytes.subarray(place.offsets.at(-1), place.offsets.at(-1)! + place.bytes));
  });
}

const PLAIN = {
  protocol: 'udp' as const,
  isIpv4: true,
  tagged: false,
  more: 0,
  payload: new Uint8Array(),
};

test('FieldCounter counts up by its step, and starts again', (t) => {
  const field = { name: 'src-port' as const, first: Uint8Array.of(0, 0xff), step: 2, count: 3 };
  t.deepEqual(valuesOf(field, 5), ['00ff', '0101', '0103', '00ff', '0101']);
});

test('FieldCounter carries through all bytes of an address', (t) => {
  const first = Uint8Array.of(9, 255, 255, 255);
  t.deepEqual(valuesOf({ name: 'dst-ip', first, step: 1, count: 2 }, 3), [
    '09ffffff',
    '0a000000',
    '09ffffff',
  ]);
  const long = parseIpAddress('2001:db8::ffff:ffff:ffff:ff00');
  const values = valuesOf(
    { name: 'src-ip', first: long, step: 256, count: 2 },
    2,
    templateOf({ ...PLAIN, isIpv4: false }),
  );
  t.deepEqual(values, ['20010db800000000ffffffffffffff00', '20010db8000000010000000000000000']);
});

test('FieldCounter counts the sender of an ARP request in both places', (t) => {
  const template = templateOf({ ...PLAIN, protocol: 'arp' });
  const field = { name: 'src-mac' as const, first: Uint8Array.of(2, 0, 0, 0, 0, 255), step: 1, count: 2 };
  t.deepEqual(valuesOf(field, 2, template), ['0200000000ff', '020000000100']);
  t.is(placeField('src-mac', template)!.offsets.length, 2);
});

test('placeField is undefined for fields that a frame does not have', (t) => {
  const missing = (protocol: FrameTemplate['protocol']) =>
    VARIED_FIELDS.filter((name) => placeField(name, templateOf({ ...PLAIN, protocol })) === undefined);
  t.deepEqual(missing('udp'), ['vlan', 'seq', 'id']);
  t.deepEqual(missing('tcp'), ['vlan', 'id']);
  t.deepEqual(missing('icmp'), ['vlan', 'src-port', 'dst-port']);
  t.deepEqual(missing('arp'), ['vlan', 'src-port', 'dst-port', 'seq', 'id']);
});
