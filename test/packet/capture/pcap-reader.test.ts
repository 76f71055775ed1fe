import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../../src/errors.js';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { LINKTYPE_UNKNOWN } from '../../../src/packet/capture/capture-record.js';
import { readFixture } from '../fixture.js';
import { drainCapture } from './captured-records.js';

const HEADER = 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000';
const RECORD = '01000000 02000000 03000000 3c000000 aabbcc';
const read = (hex: string) => drainCapture(new CaptureReader(), parseHex(hex));

test('PcapReader reads a header and a record', (t) => {
  const { records, error } = read(HEADER + RECORD);
  t.is(error, undefined);
  t.deepEqual(records, [
    {
      recordNumber: 1,
      seconds: 1,
      nanoseconds: 2000,
      originalLength: 60,
      linkType: 1,
      frame: Uint8Array.of(0xaa, 0xbb, 0xcc),
    },
  ]);
});

test('PcapReader leaves out the frame check sequence when the file declares one', (t) => {
  // 0x20000001 has the length without the flag that makes it valid.
  const headerOf = (network: string) => HEADER.replace(/01000000$/, network);
  const whole = '01000000 02000000 07000000 07000000 aabbcc 11223344';
  const lengths = (header: string, record: string) =>
    read(header + record).records.map(({ frame, originalLength }) => [frame.length, originalLength]);
  t.deepEqual(lengths(headerOf('01000024'), whole), [[3, 3]]);
  t.deepEqual(lengths(headerOf('01000014'), whole), [[5, 5]]);
  t.deepEqual(lengths(headerOf('01000020'), whole), [[7, 7]]);
  t.deepEqual(lengths(headerOf('01000024'), RECORD), [[3, 56]], 'captured short');
  t.deepEqual(lengths(headerOf('01000024'), '01000000 02000000 03000000 05000000 aabbcc'), [[1, 1]]);
  t.deepEqual(lengths(headerOf('01000024'), '01000000 02000000 02000000 02000000 aabb'), [[0, 0]]);
  t.is(read(headerOf('01000024') + whole).records[0]!.linkType, 1);
});

test('PcapReader reads the lengths as libpcap does when the version is below 2.4', (t) => {
  const lengths = (minor: string, hex: string) => {
    const { records, error } = read(HEADER.replace('0200 0400', `0200 ${minor}`) + hex);
    t.is(error, undefined);
    return records.map(({ frame, originalLength }) => [frame.length, originalLength]);
  };
  const usual = '01000000 02000000 03000000 3c000000 aabbcc';
  const exchanged = '01000000 02000000 3c000000 03000000 aabbcc';
  t.deepEqual(lengths('0000', exchanged + exchanged), [
    [3, 60],
    [3, 60],
  ]);
  t.deepEqual(lengths('0200', exchanged), [[3, 60]]);
  t.deepEqual(lengths('0300', exchanged + usual), [
    [3, 60],
    [3, 60],
  ]);
  t.deepEqual(lengths('0400', usual), [[3, 60]]);
});

test('PcapReader reads the modified form in both byte orders, whose record headers have 24 bytes', (t) => {
  const little =
    '34cdb2a1 0200 0400 00000000 00000000 00000400 01000000 01000000 02000000 03000000 3c000000 02000000 0008 00 00 aabbcc';
  const big =
    'a1b2cd34 0002 0004 00000000 00000000 00040000 00000001 00000001 00000002 00000003 0000003c 00000002 0800 00 00 aabbcc';
  const usual = read(HEADER + RECORD).records;
  t.deepEqual(read(little).records, usual);
  t.deepEqual(read(big).records, usual);
  t.is(
    read(little.slice(0, -18)).error!.message,
    'cannot read capture: record 1 is cut: 24 header bytes wanted, 20 there',
  );
});

test('PcapReader reads both byte orders and both precisions alike', (t) => {
  const runs = ['micro-little', 'micro-big', 'nano-little', 'nano-big'].map((name) =>
    drainCapture(new CaptureReader(), readFixture(`${name}.pcap`)),
  );
  for (const run of runs) {
    t.is(run.error, undefined);
    t.is(run.records.length, 3);
    t.deepEqual(run.records, runs[0]!.records);
  }
  t.is(runs[0]!.records[2]!.seconds, 1700000002);
  t.is(runs[0]!.records[2]!.nanoseconds, 123456000);
});

test('PcapReader delivers the same records for all chunk sizes', (t) => {
  const bytes = readFixture('protocols.pcap');
  const whole = drainCapture(new CaptureReader(), bytes);
  t.is(whole.records.length, 46);
  for (const chunkBytes of [1, 2, 3, 7, 16, 24, 100, 1000]) {
    t.deepEqual(drainCapture(new CaptureReader(), bytes, chunkBytes), whole);
  }
});

test('CaptureReader does not keep a chunk after push', (t) => {
  const bytes = parseHex(HEADER + RECORD);
  const reader = new CaptureReader();
  reader.push(bytes);
  bytes.fill(0);
  t.true(reader.next());
  t.deepEqual(reader.record.frame, Uint8Array.of(0xaa, 0xbb, 0xcc));
});

test('PcapReader delivers whole records before it throws about a cut one, at every truncation', (t) => {
  const bytes = parseHex(HEADER + RECORD + RECORD);
  const recordBytes = 19;
  for (let length = 0; length < bytes.length; length++) {
    const { records, error } = drainCapture(new CaptureReader({ name: 'x' }), bytes.subarray(0, length), 5);
    t.is(records.length, Math.max(0, Math.floor((length - 24) / recordBytes)));
    if (length >= 24 && (length - 24) % recordBytes === 0) t.is(error, undefined);
    else t.true(error instanceof MalformedError && error.message.startsWith('cannot read capture "x": '));
  }
});

const refusals: readonly (readonly [what: string, hex: string, message: string, offset: number])[] = [
  ['nothing', '', 'it is empty (0 bytes)', 0],
  ['three bytes', 'd4c3b2', 'not a pcap file (it ends after 3 bytes)', 3],
  ['a cut header', 'd4c3b2a1 0200', 'its header is cut: 24 bytes wanted, 6 there', 6],
  ['other bytes', '01020304', 'not a pcap file (magic number 0x01020304)', 0],
  ['gzip', '1f8b0800', 'it is compressed; gzip -dc FILE | rtap ... -r - reads it', 0],
  ['zstd', '28b52ffd', 'it is compressed; zstd -dc FILE | rtap ... -r - reads it', 0],
  ['xz', 'fd377a585a00', 'it is compressed; xz -dc FILE | rtap ... -r - reads it', 0],
  ['lz4 of old', '02214c18', 'it is compressed; lz4 -dc FILE | rtap ... -r - reads it', 0],
  ['lzma', '5d000080', 'it is compressed; xz --format=lzma -dc FILE | rtap ... -r - reads it', 0],
  ['pcap 1.3', HEADER.replace('0200 0400', '0100 0300'), 'it is pcap 1.3, 2.4 wanted', 4],
  [
    'a cut record header',
    `${HEADER}${RECORD}0102030405`,
    'record 2 is cut: 16 header bytes wanted, 5 there',
    43,
  ],
  ['a cut record', HEADER + RECORD.slice(0, -2), 'record 1 is cut: 3 bytes wanted, 2 there', 24],
  [
    'a record that claims too much',
    `${HEADER}${RECORD}01000000 02000000 01000400 3c000000`,
    'record 2 is corrupt: its captured length is 262145, at most 262144 wanted',
    43,
  ],
  [
    'a record of 4 GiB',
    `${HEADER}01000000 02000000 ffffffff ffffffff`,
    'record 1 is corrupt: its captured length is 4294967295, at most 262144 wanted',
    24,
  ],
];

for (const [what, hex, message, offset] of refusals) {
  test(`PcapReader refuses ${what}`, (t) => {
    const { error } = read(hex);
    t.true(error instanceof MalformedError);
    t.is(error!.message, `cannot read capture: ${message}`);
    t.is((error as MalformedError).offset, offset);
  });
}

test('PcapReader refuses other formats before the input ends', (t) => {
  const reader = new CaptureReader();
  reader.push(parseHex('1f8b0800'));
  const error = t.throws(() => reader.next());
  t.is(
    t.throws(() => reader.next()),
    error,
  );
});

test('PcapReader waits while more bytes may come', (t) => {
  const reader = new CaptureReader();
  t.false(reader.next());
  t.is(reader.record.linkType, LINKTYPE_UNKNOWN);
  reader.push(parseHex(HEADER));
  t.false(reader.next());
  t.is(reader.record.linkType, 1);
  reader.push(parseHex(RECORD.slice(0, -2)));
  t.false(reader.next());
  reader.end();
  t.throws(() => reader.next(), { message: /record 1 is cut/ });
});

test('PcapReader shows another link type, without the bits of a frame check sequence', (t) => {
  t.is(read(`${HEADER.slice(0, -8)}71000000${RECORD}`).records[0]!.linkType, 113);
  t.is(read(`${HEADER.slice(0, -8)}01000054${RECORD}`).records[0]!.linkType, 1);
});

test('PcapReader carries a fraction above a second', (t) => {
  const record = read(`${HEADER}01000000 40420f00 00000000 00000000`).records[0]!;
  t.is(record.seconds, 2);
  t.is(record.nanoseconds, 0);
});

test('PcapReader reads times up to 2106', (t) => {
  const record = read(`${HEADER}ffffffff 3f420f00 00000000 00000000`).records[0]!;
  t.is(record.seconds, 4294967295);
  t.is(record.nanoseconds, 999999000);
});

test('PcapReader reads a record of the largest length', (t) => {
  const bytes = new Uint8Array(24 + 16 + 262144 + 1);
  bytes.set(parseHex(`${HEADER}01000000 02000000 00000400 00000400`));
  bytes[bytes.length - 2] = 7;
  const { records } = drainCapture(new CaptureReader(), bytes, 65536);
  t.is(records[0]!.frame.length, 262144);
  t.is(records[0]!.frame.at(-1), 7);
});

test('PcapReader delivers records or throws a MalformedError for any bytes', (t) => {
  const junk = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.boolean(), junk, fc.integer({ min: 1, max: 50 }), (withHeader, bytes, chunkBytes) => {
      const input = withHeader ? Uint8Array.from([...parseHex(HEADER), ...bytes]) : bytes;
      const { error } = drainCapture(new CaptureReader(), input, chunkBytes);
      t.true(error === undefined || error instanceof MalformedError);
    }),
  );
});
