import test from 'ava';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { Segmentation } from '../../../src/packet/offload/segmentation.js';
import { requestSegmentation } from '../../../src/packet/offload/segmentation-request.js';
import { DESTINATION_OPTIONS, withExtensionHeaders, withIpv4Options, withTags } from './longer-headers.js';
import { sumTransport } from './transport-checksum.js';

const V4: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  tcpFlags: 0x18,
  payload: Uint8Array.from({ length: 251 }, (_, index) => index),
  frameBytes: 54 + 3000,
};
const V6: FrameTemplate = { ...V4, source: parseIpAddress('::1'), destination: parseIpAddress('::2') };

function ask(frame: Uint8Array, segmentBytes: number) {
  const bytes = new Uint8Array(10);
  const header = new VirtioNetHeader(bytes, { littleEndian: true });
  return { asked: requestSegmentation(frame, header, segmentBytes), bytes: [...bytes], header };
}

test('requestSegmentation writes the golden header for each kind of frame', (t) => {
  // flags, gso_type, hdr_len, gso_size, csum_start, csum_offset
  const rows: readonly (readonly [string, Uint8Array, readonly number[]])[] = [
    ['TCP over IPv4', buildFrame(V4), [1, 1, 54, 0, 0xe8, 3, 34, 0, 16, 0]],
    ['TCP with CWR', buildFrame({ ...V4, tcpFlags: 0x98 }), [1, 0x81, 54, 0, 0xe8, 3, 34, 0, 16, 0]],
    ['IPv4 options', withIpv4Options(buildFrame(V4), [1, 1, 1, 0]), [1, 1, 58, 0, 0xe8, 3, 38, 0, 16, 0]],
    ['TCP over IPv6', buildFrame(V6), [1, 4, 74, 0, 0xe8, 3, 54, 0, 16, 0]],
    [
      'extension headers',
      withExtensionHeaders(buildFrame(V6), DESTINATION_OPTIONS),
      [1, 4, 90, 0, 0xe8, 3, 70, 0, 16, 0],
    ],
    ['UDP', buildFrame({ ...V4, protocol: 'udp' }), [1, 5, 42, 0, 0xe8, 3, 34, 0, 6, 0]],
    ['UDP over IPv6', buildFrame({ ...V6, protocol: 'udp' }), [1, 5, 62, 0, 0xe8, 3, 54, 0, 6, 0]],
    ['QinQ', withTags(buildFrame(V4), 0x88a8, 0x8100), [1, 1, 62, 0, 0xe8, 3, 42, 0, 16, 0]],
  ];
  for (const [what, frame, golden] of rows) {
    const { asked, bytes } = ask(frame, 1000);
    t.true(asked, what);
    t.deepEqual(bytes, golden, what);
  }
});

test('requestSegmentation makes frames that Segmentation cuts correctly', (t) => {
  const counts: number[] = [];
  for (const template of [V4, V6, { ...V4, protocol: 'udp' } as const]) {
    const frame = buildFrame(template);
    const { header } = ask(frame, 1000);
    const segmentation = new Segmentation();
    t.true(segmentation.begin(frame, header));
    while (segmentation.next()) t.is(sumTransport(segmentation.segment), 0xffff);
    counts.push(segmentation.segmentCount);
  }
  t.deepEqual(counts, [3, 3, 4]);
});

test('requestSegmentation changes nothing when the frame cannot be cut', (t) => {
  const frames = [
    buildFrame({ ...V4, frameBytes: 54 + 1000 }),
    buildFrame({ ...V4, protocol: 'icmp' }),
    Uint8Array.from([...buildFrame(V4), 0]),
    buildFrame(V4).slice(0, 3053),
  ];
  for (const frame of frames) {
    const before = Uint8Array.from(frame);
    const { asked, bytes } = ask(frame, 1000);
    t.false(asked);
    t.deepEqual(bytes, Array<number>(10).fill(0));
    t.deepEqual(frame, before);
  }
});

test("requestSegmentation needs only the headers when the frame's length is passed", (t) => {
  const whole = buildFrame(V4);
  const head = whole.slice(0, 54);
  const header = new VirtioNetHeader(new Uint8Array(10));
  t.true(requestSegmentation(head, header, 1000, { frameBytes: whole.length }));
  const { header: same } = ask(whole, 1000);
  t.deepEqual(head, whole.slice(0, 54));
  t.deepEqual([header.gsoType, header.gsoBytes, header.headerBytes], [same.gsoType, same.gsoBytes, 54]);
});

test('requestSegmentation throws a RangeError when no segment can have the size', (t) => {
  for (const segmentBytes of [0, -1, 1.5, 65_536, Number.NaN]) {
    t.throws(() => ask(buildFrame(V4), segmentBytes), {
      instanceOf: RangeError,
      message: `cannot cut into ${segmentBytes} bytes: 1 to 65535 are possible`,
    });
  }
  t.true(ask(buildFrame(V4), 1).asked);
});
