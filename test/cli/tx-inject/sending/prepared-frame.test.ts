import test from 'ava';
import { type OffloadWishes, PreparedFrame } from '../../../../src/cli/tx-inject/sending/prepared-frame.js';
import { type FrameSource, NO_HEADER } from '../../../../src/cli/tx-inject/sources/frame-source.js';
import { buildFrame } from '../../../../src/packet/generate/frame-builder.js';
import type { FrameTemplate } from '../../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../../src/packet/headers/mac-address.js';
import { VirtioNetHeader } from '../../../../src/packet/headers/virtio-net-header.js';
import { completeChecksum } from '../../../../src/packet/offload/checksum-completion.js';
import { requestSegmentation } from '../../../../src/packet/offload/segmentation-request.js';

const TCP: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  tcpFlags: 0x18,
  payload: Uint8Array.from({ length: 251 }, (_, index) => index),
  frameBytes: 54 + 5000,
};
const V6 = { ...TCP, source: parseIpAddress('::1'), destination: parseIpAddress('::2') };

const STORED: OffloadWishes = {
  stored: true,
  checksum: false,
  tcpSegmentBytes: undefined,
  udpSegmentBytes: undefined,
};

/** A source whose current frame is `frame`. */
function sourceOf(frame: Uint8Array, facts: Partial<FrameSource> = {}): FrameSource {
  return {
    next: () => false,
    refill: () => false,
    cancel: () => {},
    rewind: () => {},
    frame,
    bytes: frame,
    start: 0,
    length: frame.length,
    originalLength: frame.length,
    ethernet: true,
    linkType: 1,
    recordedSeconds: 0,
    virtioNetHeader: NO_HEADER,
    queue: -1,
    checksumFinished: false,
    [Symbol.dispose]: () => {},
    ...facts,
  };
}

function fieldsOf({ flags, gsoType, headerBytes, gsoBytes, checksumStart, checksumOffset }: VirtioNetHeader) {
  return { flags, gsoType, headerBytes, gsoBytes, checksumStart, checksumOffset };
}

/** A frame as the kernel hands it out, with its header as in a file. */
function offloaded(
  template: FrameTemplate,
  size = 12,
): { frame: Uint8Array; header: Uint8Array; facts: VirtioNetHeader } {
  const frame = buildFrame(template);
  const header = new Uint8Array(size);
  const facts = new VirtioNetHeader(header, { littleEndian: true });
  requestSegmentation(frame, facts, 1448);
  return { frame, header, facts };
}

test('PreparedFrame keeps a frame when it has no header and nothing is asked', (t) => {
  const prepared = new PreparedFrame(STORED);
  const frame = buildFrame(TCP);
  prepared.prepare(sourceOf(frame));
  t.is(prepared.bytes, frame);
  t.false(prepared.hasHeader);
  t.is(prepared.longestBytes, frame.length);
});

for (const [what, template] of Object.entries({
  'TCP over IPv4': TCP,
  'TCP over IPv6': V6,
  UDP: { ...TCP, protocol: 'udp' as const },
})) {
  test(`PreparedFrame restores frame and header bit for bit when a capture finished the checksum of ${what}`, (t) => {
    const prepared = new PreparedFrame(STORED);
    for (let first = 0; first < 256; first += 5) {
      const { frame, header, facts } = offloaded({ ...template, payload: Uint8Array.of(first, 1, 2) });
      const finished = Uint8Array.from(frame);
      t.true(completeChecksum(finished, facts));
      const kept = Uint8Array.from(finished);
      prepared.prepare(sourceOf(finished, { virtioNetHeader: header, checksumFinished: true }));
      t.deepEqual(prepared.bytes, frame);
      t.deepEqual(fieldsOf(prepared.header), fieldsOf(facts));
      t.true(prepared.hasHeader);
      t.deepEqual(finished, kept, 'the borrowed bytes stay as they are');
    }
  });
}

test('PreparedFrame keeps a frame when its checksum is unfinished in the file', (t) => {
  const { frame, header, facts } = offloaded(TCP, 10);
  const prepared = new PreparedFrame(STORED);
  prepared.prepare(sourceOf(frame, { virtioNetHeader: header }));
  t.is(prepared.bytes, frame);
  t.deepEqual(fieldsOf(prepared.header), fieldsOf(facts));
  t.is(prepared.longestBytes, 54 + 1448, 'the MTU is that of the segments');
});

test('PreparedFrame ignores stored headers when told to, and those of frames that were cut', (t) => {
  const { frame, header } = offloaded(TCP);
  const ignorant = new PreparedFrame({ ...STORED, stored: false });
  ignorant.prepare(sourceOf(frame, { virtioNetHeader: header, checksumFinished: true }));
  t.is(ignorant.bytes, frame);
  t.false(ignorant.hasHeader);
  t.is(ignorant.longestBytes, frame.length);
  const prepared = new PreparedFrame({ ...STORED, checksum: true, tcpSegmentBytes: 100 });
  const cut = frame.subarray(0, 200);
  prepared.prepare(sourceOf(cut, { virtioNetHeader: header, originalLength: frame.length }));
  t.is(prepared.bytes, cut);
  t.false(prepared.hasHeader);
});

test('PreparedFrame has no header when the stored one is empty', (t) => {
  const prepared = new PreparedFrame(STORED);
  prepared.prepare(sourceOf(buildFrame(TCP), { virtioNetHeader: new Uint8Array(12) }));
  t.false(prepared.hasHeader);
});

const UDP = { ...TCP, protocol: 'udp' as const };
const asked: readonly (readonly [
  what: string,
  wishes: Partial<OffloadWishes>,
  template: FrameTemplate,
  gso: number,
])[] = [
  ['--csum of TCP', { checksum: true }, TCP, 0],
  ['--csum of UDP', { checksum: true }, UDP, 0],
  ['--tso of TCP', { tcpSegmentBytes: 1000 }, TCP, 1000],
  ['--uso of UDP', { udpSegmentBytes: 900 }, UDP, 900],
  ['--csum and --uso of TCP', { checksum: true, udpSegmentBytes: 900 }, TCP, 0],
  ['--csum and --tso of TCP that is short enough', { checksum: true, tcpSegmentBytes: 5000 }, TCP, 0],
];

for (const [what, wishes, template, gsoBytes] of asked) {
  test(`PreparedFrame asks the kernel for ${what}`, (t) => {
    const frame = buildFrame(template);
    const kept = Uint8Array.from(frame);
    const prepared = new PreparedFrame({ ...STORED, ...wishes });
    prepared.prepare(sourceOf(frame));
    t.true(prepared.hasHeader);
    t.is(prepared.header.gsoBytes, gsoBytes);
    t.is(prepared.header.flags, 1);
    const finished = Uint8Array.from(prepared.bytes);
    t.true(completeChecksum(finished, prepared.header));
    t.deepEqual(finished, kept, 'finishing it gives the frame that came');
    t.deepEqual(frame, kept);
  });
}

test('PreparedFrame keeps frames that cannot be finished or cut', (t) => {
  const prepared = new PreparedFrame({ ...STORED, checksum: true, tcpSegmentBytes: 10, udpSegmentBytes: 10 });
  for (const frame of [
    buildFrame({ ...TCP, protocol: 'arp', frameBytes: 60 }),
    buildFrame({ ...TCP, protocol: 'icmp', frameBytes: 98 }),
    Uint8Array.of(1, 2, 3),
    new Uint8Array(0),
  ]) {
    prepared.prepare(sourceOf(frame));
    t.false(prepared.hasHeader);
    t.is(prepared.bytes.length, frame.length);
  }
});

test('PreparedFrame grows when a frame is larger than any that a TAP hands out', (t) => {
  const { header } = offloaded(TCP);
  const frame = new Uint8Array(100_000).fill(7);
  const prepared = new PreparedFrame(STORED);
  prepared.prepare(sourceOf(frame, { virtioNetHeader: header, checksumFinished: true }));
  t.is(prepared.bytes.length, 100_000);
  t.deepEqual(prepared.bytes.subarray(0, 40), frame.subarray(0, 40));
});
