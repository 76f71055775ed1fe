import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { addBytes } from '../../../src/packet/bytes/internet-checksum.js';
import { encodePcapFileHeader, encodePcapRecord } from '../../../src/packet/capture/pcap-writer.js';
import { buildFrame } from '../../../src/packet/generate/frame-builder.js';
import { type FrameTemplate, frameBytesMin } from '../../../src/packet/generate/frame-template.js';
import { parseIpAddress } from '../../../src/packet/headers/ip-address.js';
import { parseMacAddress } from '../../../src/packet/headers/mac-address.js';
import { Segmentation, type VirtioSegmentation } from '../../../src/packet/offload/segmentation.js';
import { summarizeFrame } from '../../../src/packet/summary/frame-summary.js';
import { CHECKSUM_FAULT, CHECKSUMS_COMPUTED } from '../../tshark-checksums.js';
import { sumTransport } from './transport-checksum.js';

const V4: FrameTemplate = {
  protocol: 'tcp',
  sourceMac: parseMacAddress('02:00:00:00:00:01'),
  destinationMac: parseMacAddress('02:00:00:00:00:02'),
  source: parseIpAddress('10.0.0.1'),
  destination: parseIpAddress('10.0.0.2'),
  sourcePort: 1000,
  destinationPort: 2000,
  sequence: 0xffffff00,
  tcpFlags: 0xff,
  payload: Uint8Array.from({ length: 251 }, (_, index) => index),
  frameBytes: 54 + 3500,
};
const V6: FrameTemplate = {
  ...V4,
  source: parseIpAddress('2001:db8::1'),
  destination: parseIpAddress('2001:db8::2'),
  frameBytes: 74 + 3500,
};

const facts = (gsoType: number, gsoBytes: number): VirtioSegmentation => ({
  flags: 1,
  gsoType,
  gsoBytes,
  checksumStart: 34,
  checksumOffset: 16,
});

/** Copies of all segments; undefined if the frame is refused. */
function segment(frame: Uint8Array, what: VirtioSegmentation): Uint8Array[] | undefined {
  const segmentation = new Segmentation();
  if (!segmentation.begin(frame, what)) return undefined;
  const segments: Uint8Array[] = [];
  while (segmentation.next()) segments.push(Uint8Array.from(segmentation.segment));
  if (segments.length !== segmentation.segmentCount) throw new Error('wrong count');
  return segments;
}

const describe = (frame: Uint8Array) => summarizeFrame(frame, frame.length);

test('Segmentation cuts TCP over IPv4 with the numbers and flags of each segment', (t) => {
  const frame = buildFrame(V4);
  const before = Uint8Array.from(frame);
  const segments = segment(frame, facts(1 | 0x80, 1460))!;
  t.deepEqual(frame, before);
  t.deepEqual(segments.map(describe), [
    'IP 10.0.0.1.1000 > 10.0.0.2.2000: Flags [SR.UEW], seq 4294967040:1204, ack 0, win 65535, urg 0, length 1460',
    'IP 10.0.0.1.1000 > 10.0.0.2.2000: Flags [SR.UE], seq 1204:2664, ack 0, win 65535, urg 0, length 1460',
    'IP 10.0.0.1.1000 > 10.0.0.2.2000: Flags [FSRP.UE], seq 2664:3244, ack 0, win 65535, urg 0, length 580',
  ]);
  t.deepEqual(
    segments.map((part) => (part[18]! << 8) | part[19]!),
    [0, 1, 2],
  );
});

test('Segmentation cuts TCP over IPv6', (t) => {
  const segments = segment(buildFrame(V6), facts(4, 1440))!;
  t.deepEqual(
    segments.map((part) => part.length),
    [74 + 1440, 74 + 1440, 74 + 620],
  );
});

test('Segmentation cuts datagrams', (t) => {
  for (const base of [V4, V6]) {
    const frame = buildFrame({ ...base, protocol: 'udp' });
    const lines = segment(frame, facts(5, 1400))!.map(describe);
    t.deepEqual(
      lines.map((line) => line.replace(/.*: /, '')),
      ['UDP, length 1400', 'UDP, length 1400', 'UDP, length 712'],
    );
  }
});

test('Segmentation keeps VLAN tags', (t) => {
  const segments = segment(buildFrame({ ...V4, vlanId: 9 }), facts(1, 1460))!;
  t.deepEqual(
    segments.map((part) => [part[12], part[13], part[15]]),
    [
      [0x81, 0, 9],
      [0x81, 0, 9],
      [0x81, 0, 9],
    ],
  );
});

test('Segmentation cuts a packet above 64 KiB, whose length fields are zero', (t) => {
  for (const [base, gsoType, field] of [
    [V4, 1, 16],
    [V6, 4, 18],
  ] as const) {
    const short = buildFrame({ ...base, frameBytes: frameBytesMin(base) });
    const frame = new Uint8Array(short.length + 100_000);
    frame.set(short);
    frame.set([0, 0], field);
    const segments = segment(frame, facts(gsoType, 1000))!;
    t.is(segments.length, 100);
    for (const part of segments) t.is(sumTransport(part), 0xffff);
    t.regex(describe(segments[99]!), /seq 98744:99744/);
  }
});

test('Segmentation leaves padding out', (t) => {
  const frame = new Uint8Array(100);
  frame.set(buildFrame({ ...V4, frameBytes: 64 }));
  t.deepEqual(
    segment(frame, facts(1, 1460))!.map((part) => part.length),
    [64],
  );
});

test('Segmentation finishes the checksum of a frame that is not to be cut', (t) => {
  const frame = buildFrame({ ...V4, frameBytes: 60 });
  const unfinished = Uint8Array.from(frame);
  const sum = addBytes(0, frame, 26, 34) + 6 + 26;
  unfinished.set([sum >> 8, sum & 255], 50);
  const before = Uint8Array.from(unfinished);
  t.deepEqual(segment(unfinished, facts(0, 0)), [frame]);
  t.deepEqual(unfinished, before);
  t.deepEqual(segment(frame, { ...facts(0, 0), flags: 0 }), [frame]);
});

test('Segmentation refuses frames that cannot be made ordinary', (t) => {
  const frame = buildFrame(V4);
  t.is(segment(frame, facts(1, 0)), undefined);
  t.is(segment(frame, facts(3, 1460)), undefined);
  t.is(segment(frame, facts(4, 1460)), undefined);
  t.is(segment(frame, facts(5, 1460)), undefined);
  t.is(segment(buildFrame({ ...V4, protocol: 'icmp' }), facts(1, 1460)), undefined);
  t.is(segment(buildFrame({ ...V4, protocol: 'arp', frameBytes: 60 }), facts(1, 1460)), undefined);
  const fragment = Uint8Array.from(frame);
  fragment[20] = 0x20;
  t.is(segment(fragment, facts(1, 1460)), undefined);
  t.is(segment(parseHex('0102'), facts(0, 0)), undefined);
});

test('Segmentation refuses every truncation', (t) => {
  for (const base of [V4, V6]) {
    const frame = buildFrame({ ...base, frameBytes: 200 });
    for (let length = 0; length < frame.length; length++) {
      t.is(segment(frame.subarray(0, length), facts(base === V4 ? 1 : 4, 50)), undefined);
    }
  }
});

const kinds = fc.constantFrom(
  { base: V4, protocol: 'tcp' as const, gsoType: 1 },
  { base: V6, protocol: 'tcp' as const, gsoType: 4 },
  { base: V4, protocol: 'udp' as const, gsoType: 5 },
  { base: V6, protocol: 'udp' as const, gsoType: 5 },
);

test('segments together contain the payload, and have correct checksums', (t) => {
  fc.assert(
    fc.property(
      kinds,
      fc.nat(3000),
      fc.integer({ min: 1, max: 1500 }),
      ({ base, protocol, gsoType }, payloadBytes, gsoBytes) => {
        const headerBytes = frameBytesMin({ ...base, protocol });
        const frame = buildFrame({ ...base, protocol, frameBytes: headerBytes + payloadBytes });
        const segments = segment(frame, facts(gsoType, gsoBytes))!;
        t.deepEqual(
          Uint8Array.from(segments.flatMap((part) => [...part.subarray(headerBytes)])),
          frame.subarray(headerBytes),
        );
        for (const part of segments) {
          t.true(part.length <= headerBytes + gsoBytes);
          t.is(sumTransport(part), 0xffff);
          if (base === V4) t.is(addBytes(0, part, 14, 34), 0xffff);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('Segmentation does not throw for any bytes', (t) => {
  const frame = buildFrame({ ...V4, frameBytes: 120 });
  const change = fc.tuple(fc.nat(80), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 5 }),
      fc.nat(120),
      fc.nat(255),
      fc.nat(100),
      (changes, length, gsoType, gsoBytes) => {
        const damaged = frame.slice(0, length);
        for (const [at, value] of changes) if (at < length) damaged[at] = value;
        const segments = segment(damaged, facts(gsoType, gsoBytes));
        t.true(segments === undefined || segments.length > 0);
      },
    ),
    { numRuns: 3000 },
  );
});

test('tshark agrees with the checksums of segments and of built frames', (t) => {
  if (spawnSync('tshark', ['--version']).error !== undefined) {
    if (process.env.CI) t.fail('no tshark here');
    t.log('skipped: no tshark here');
    t.pass();
    return;
  }
  const frames = [
    ...segment(buildFrame(V4), facts(1, 1460))!,
    ...segment(buildFrame(V6), facts(4, 1440))!,
    ...segment(buildFrame({ ...V4, protocol: 'udp' }), facts(5, 1401))!,
    ...segment(buildFrame({ ...V6, protocol: 'udp' }), facts(5, 1401))!,
    buildFrame({ ...V4, protocol: 'icmp', frameBytes: 99 }),
    buildFrame({ ...V6, protocol: 'icmp', frameBytes: 99 }),
  ];
  // tshark reads no socket, and spawnSync passes input through one.
  const folder = mkdtempSync(join(tmpdir(), 'rtap-segments-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'segments.pcap');
  const target = new Uint8Array(40_000);
  let end = encodePcapFileHeader(target);
  for (const frame of frames) end += encodePcapRecord(target, end, 1, 2, frame, frame.length, frame.length);
  const fields = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'].flatMap((name) => ['-e', `${name}.checksum.status`]);
  writeFileSync(path, target.subarray(0, end));
  const tshark = (...words: readonly string[]) =>
    spawnSync('tshark', ['-r', path, ...CHECKSUMS_COMPUTED, ...words], { encoding: 'utf8' }).stdout;
  t.is(tshark('-Y', CHECKSUM_FAULT), '');
  const lines = tshark('-T', 'fields', ...fields)
    .trimEnd()
    .split('\n');
  t.is(lines.length, frames.length);
  // 1 is good, 0 is bad. The field is empty if the frame does not have the header.
  for (const line of lines) t.regex(line.replaceAll('\t', ''), /^1{1,2}$/);
});
