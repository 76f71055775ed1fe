import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { formatHex, parseHex } from '../../../src/packet/bytes/hex.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import {
  type PcapngPacket,
  PcapngWriter,
  pcapngPacketSizeMax,
} from '../../../src/packet/capture/pcapng-writer.js';
import { readFixture } from '../fixture.js';
import { drainCapture } from './captured-records.js';

const PACKET: PcapngPacket = {
  interfaceId: 0,
  seconds: 1700000000,
  nanoseconds: 123456789,
  frame: Uint8Array.of(1, 2, 3, 4, 5),
  capturedLength: 5,
  originalLength: 60,
  direction: 'outbound',
  queue: 3,
  virtioNetHeader: Uint8Array.of(1, 1, 0x42, 0, 0xb4, 5, 0x22, 0, 0x10, 0),
  checksumFinished: true,
};

/** What one call of a writer writes, as hexadecimal words. */
function encode(write: (writer: PcapngWriter) => number): string {
  const target = new Uint8Array(300).fill(0xee);
  const byteCount = write(new PcapngWriter(target));
  const hex = formatHex(target, 0, byteCount + 1);
  if (!hex.endsWith('ee')) throw new Error('wrote beyond what it said');
  return hex.slice(0, -2).replace(/.{8}/g, '$& ').trim();
}

test('PcapngWriter writes a section header', (t) => {
  t.is(
    encode((writer) => writer.sectionHeader(0, 'rtap')),
    '0a0d0d0a 28000000 4d3c2b1a 01000000 ffffffff ffffffff 04000400 72746170 00000000 28000000',
  );
});

test('PcapngWriter writes a comment of the section', (t) => {
  t.is(
    encode((writer) => writer.sectionHeader(0, 'rtap', 'why')),
    '0a0d0d0a 30000000 4d3c2b1a 01000000 ffffffff ffffffff 01000300 77687900 04000400 72746170 00000000 30000000',
  );
});

test('PcapngWriter writes an interface description', (t) => {
  t.is(
    encode((writer) => writer.interfaceDescription(0, { name: 'io0' })),
    '01000000 28000000 01000000 00000400 02000300 696f3000 09000100 09000000 00000000 28000000',
  );
});

test('PcapngWriter writes a packet with all options', (t) => {
  t.is(
    encode((writer) => writer.packet(0, PACKET)),
    '06000000 58000000 00000000 fe9c9717 15cd853d 05000000 3c000000 01020304 05000000 ' +
      '02000400 02000000 06000400 03000000 ' +
      'ad0b1800 d97e0000 72746170 2d766e68 010a0101 4200b405 22001000 00000000 58000000',
  );
});

test('PcapngWriter writes a packet without options', (t) => {
  const bare: PcapngPacket = {
    ...PACKET,
    direction: 'unknown',
    queue: -1,
    virtioNetHeader: new Uint8Array(0),
    capturedLength: 4,
  };
  t.is(
    encode((writer) => writer.packet(0, bare)),
    '06000000 24000000 00000000 fe9c9717 15cd853d 04000000 3c000000 01020304 24000000',
  );
});

test('PcapngWriter writes statistics of 64 bits', (t) => {
  const written = encode((writer) =>
    writer.interfaceStatistics(0, {
      interfaceId: 1,
      startSeconds: 1,
      startNanoseconds: 2,
      endSeconds: 4294967295,
      endNanoseconds: 999999999,
      received: 2 ** 40 + 5,
      dropped: undefined,
      accepted: 7,
      delivered: 2 ** 32 + 6,
    }),
  );
  t.is(
    written,
    '05000000 58000000 01000000 ffc99a3b ffffffff 02000800 00000000 02ca9a3b 03000800 ffc99a3b ffffffff ' +
      '04000800 05000000 00010000 06000800 07000000 00000000 08000800 06000000 01000000 00000000 58000000',
  );
});

const packets = fc.array(
  fc.record({
    interfaceId: fc.nat(1),
    seconds: fc.nat(0xffffffff),
    nanoseconds: fc.nat(999_999_999),
    frame: fc.uint8Array({ maxLength: 50 }),
    cut: fc.nat(20),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const, 'unknown' as const),
    queue: fc.integer({ min: -1, max: 255 }),
    virtioNetHeader: fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
    ),
    checksumFinished: fc.boolean(),
  }),
  { maxLength: 8 },
);

test('PcapngReader reads what PcapngWriter wrote', (t) => {
  fc.assert(
    fc.property(packets, (list) => {
      const target = new Uint8Array(4000);
      const writer = new PcapngWriter(target);
      let end = writer.sectionHeader(0, 'rtap');
      end += writer.interfaceDescription(end, { name: 'io0' });
      end += writer.interfaceDescription(end, { name: 'grüße', linkType: 113, snapshotBytes: 96 });
      for (const packet of list) {
        const capturedLength = Math.max(0, packet.frame.length - packet.cut);
        const byteCount = writer.packet(end, {
          ...packet,
          capturedLength,
          originalLength: packet.frame.length,
        });
        t.true(byteCount <= pcapngPacketSizeMax(capturedLength));
        end += byteCount;
      }
      const reader = new CaptureReader();
      reader.push(target.subarray(0, end));
      reader.end();
      for (const packet of list) {
        t.true(reader.next());
        t.deepEqual(
          reader.record.frame,
          packet.frame.slice(0, Math.max(0, packet.frame.length - packet.cut)),
        );
        t.is(reader.record.originalLength, packet.frame.length);
        t.deepEqual([reader.record.seconds, reader.record.nanoseconds], [packet.seconds, packet.nanoseconds]);
        t.deepEqual([reader.record.queue, reader.record.direction], [packet.queue, packet.direction]);
        t.deepEqual(
          [reader.record.interfaceName, reader.record.linkType],
          packet.interfaceId === 0 ? ['io0', 1] : ['grüße', 113],
        );
        t.deepEqual(reader.record.virtioNetHeader, packet.virtioNetHeader);
        t.is(reader.record.checksumFinished, packet.checksumFinished && packet.virtioNetHeader.length > 0);
        t.is(reader.record.interfaceId, packet.interfaceId);
      }
      t.false(reader.next());
    }),
  );
});

test('tshark and capinfos read what PcapngWriter wrote', (t) => {
  if (spawnSync('tshark', ['--version']).error !== undefined) {
    if (process.env.CI) t.fail('no tshark here');
    t.log('skipped: no tshark here');
    t.pass();
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rtap-pcapng-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'rtap.pcapng');
  const frames = drainCapture(new CaptureReader(), readFixture('protocols.pcap')).records;
  const target = new Uint8Array(20_000);
  const writer = new PcapngWriter(target);
  let end = writer.sectionHeader(0, 'rtap 0.1.0');
  end += writer.interfaceDescription(end, { name: 'io0' });
  for (const [index, { frame, originalLength }] of frames.entries()) {
    const times = { seconds: 1700000000 + index, nanoseconds: 123456789 };
    const lengths = { capturedLength: frame.length, originalLength };
    const direction = index % 2 === 0 ? 'inbound' : 'outbound';
    end += writer.packet(end, { ...PACKET, ...times, ...lengths, frame, queue: index % 4, direction });
  }
  end += writer.interfaceStatistics(end, {
    interfaceId: 0,
    startSeconds: 1700000000,
    startNanoseconds: 0,
    endSeconds: 1700000100,
    endNanoseconds: 0,
    received: 50,
    dropped: 4,
    accepted: frames.length,
  });
  writeFileSync(path, target.subarray(0, end));

  const fields = [
    'frame.time_epoch',
    'frame.interface_name',
    'frame.interface_queue',
    'frame.packet_flags_direction',
  ];
  const options = ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])];
  const tshark = spawnSync('tshark', options, { encoding: 'utf8' });
  const lines = tshark.stdout.trim().split('\n');
  t.is(tshark.status, 0);
  t.notRegex(tshark.stderr, /damaged|corrupt|cut short|error/i);
  t.is(lines.length, frames.length);
  for (const [index, line] of lines.entries()) {
    const direction = index % 2 === 0 ? '0x00000001' : '0x00000002';
    t.deepEqual(line.split('\t'), [`${1700000000 + index}.123456789`, 'io0', `${index % 4}`, direction]);
  }
  const capinfos = spawnSync('capinfos', [path], { encoding: 'utf8' });
  t.is(capinfos.status, 0);
  t.regex(capinfos.stdout, /File type: +Wireshark\/\.\.\. - pcapng/);
  t.regex(capinfos.stdout, /Capture application: +rtap 0\.1\.0/);
  t.regex(capinfos.stdout, /Time precision = nanoseconds/);
  t.regex(capinfos.stdout, new RegExp(`Number of packets: +${frames.length}`));
  t.regex(capinfos.stdout, /Number of stat entries = 1/);
});

test('a golden packet reads back', (t) => {
  const reader = new CaptureReader();
  const head =
    encode((writer) => writer.sectionHeader(0, 'x')) +
    encode((writer) => writer.interfaceDescription(0, { name: 'y' }));
  reader.push(parseHex(head + encode((writer) => writer.packet(0, PACKET))));
  t.true(reader.next());
  t.is(formatHex(reader.record.virtioNetHeader), '01014200b40522001000');
  t.true(reader.record.checksumFinished);
});

test("PcapngReader ignores a virtio-net header when the option's lengths contradict each other", (t) => {
  const head =
    encode((writer) => writer.sectionHeader(0, 'x')) +
    encode((writer) => writer.interfaceDescription(0, { name: 'y' }));
  const whole = encode((writer) => writer.packet(0, PACKET)).replaceAll(' ', '');
  for (const length of ['00', '09', '0b', '0c', 'ff']) {
    const reader = new CaptureReader();
    reader.push(parseHex(head + whole.replace('6e68010a', `6e6801${length}`)));
    t.true(reader.next());
    t.is(reader.record.virtioNetHeader.length, 0);
    t.false(reader.record.checksumFinished);
    t.is(reader.record.queue, 3);
  }
});
