import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import test from 'ava';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { readFixture, readFixtureText } from '../fixture.js';

// Captures that tcpdump, Wireshark's tools and scapy wrote, and what tshark and capinfos print about them: fixtures/others/make.py.

const FOLDER = new URL('../fixtures/others/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name));

/** WTAP_ENCAP_* to LINKTYPE_*. */
const LINKTYPES: Readonly<Record<string, number>> = { 1: 1, 7: 101, 25: 113 };
const DIRECTIONS: Readonly<Record<string, string>> = { 1: 'inbound', 2: 'outbound' };

/** A packet as both a reader and tshark describe it. */
interface Packet {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly originalLength: number;
  readonly capturedLength: number;
  readonly md5: string;
  readonly linkType: number;
  readonly interfaceName: string;
  readonly direction: string;
  readonly queue: number;
}

function readOurs(name: string, chunkBytes: number): Packet[] {
  const bytes = readFixture(`others/${name}`);
  const reader = new CaptureReader({ name });
  const packets: Packet[] = [];
  const take = () => {
    while (reader.next()) packets.push(currentPacket(reader));
  };
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    reader.push(bytes.subarray(at, at + chunkBytes));
    take();
  }
  reader.end();
  take();
  return packets;
}

function currentPacket({ record }: CaptureReader): Packet {
  const { seconds, nanoseconds, originalLength, capturedLength, frame } = record;
  const { linkType, interfaceName, direction, queue } = record;
  return {
    seconds,
    nanoseconds,
    originalLength,
    capturedLength,
    md5: createHash('md5').update(frame).digest('hex'),
    linkType,
    interfaceName,
    direction,
    queue,
  };
}

/** The first line is from capinfos: packets and bytes. The others are from tshark. */
function readTheirs(name: string): { count: number; byteCount: number; packets: Packet[] } {
  const [head, ...lines] = readFixtureText(`others/${name}.txt`).trimEnd().split('\n');
  const [count, byteCount] = head!.split('\t').map(Number);
  return { count: count!, byteCount: byteCount!, packets: lines.map(parsePacket) };
}

function parsePacket(line: string): Packet {
  const [time, length, captured, md5, encapsulation, section, name, flags, queue] = line.split('\t');
  const [seconds, fraction = ''] = time!.split('.');
  // tshark 4.0 gives packets of later sections the names of the first one's interfaces.
  const named = section === '1' && name !== 'unknown';
  // scapy rounds up to a million microseconds, and tshark prints them as they are.
  const nanoseconds = Number(fraction.padEnd(9, '0'));
  return {
    seconds: Number(seconds) + Math.floor(nanoseconds / 1e9),
    nanoseconds: nanoseconds % 1e9,
    originalLength: Number(length),
    capturedLength: Number(captured),
    md5: md5!,
    linkType: LINKTYPES[encapsulation!]!,
    interfaceName: named ? name! : '',
    direction: DIRECTIONS[Number(flags)] ?? 'unknown',
    queue: queue === undefined || queue === '' ? -1 : Number(queue),
  };
}

for (const name of files) {
  test(`CaptureReader reads ${name} as tshark and capinfos do`, (t) => {
    const theirs = readTheirs(name);
    t.true(theirs.count > 0);
    const ours = readOurs(name, 1 << 20);
    t.deepEqual(ours, theirs.packets);
    t.is(ours.length, theirs.count);
    t.is(
      ours.reduce((sum, { originalLength }) => sum + originalLength, 0),
      theirs.byteCount,
    );
    for (const chunkBytes of [1, 7, 64]) t.deepEqual(readOurs(name, chunkBytes), ours);
  });
}

test('the captures of other tools contain every case', (t) => {
  const all = files.flatMap((name) => readOurs(name, 1 << 20));
  t.deepEqual([...new Set(all.map(({ linkType }) => linkType))].sort(), [1, 101, 113]);
  t.deepEqual([...new Set(all.map(({ direction }) => direction))].sort(), ['inbound', 'outbound', 'unknown']);
  t.deepEqual([...new Set(all.map(({ queue }) => queue))].sort(), [-1, 3]);
  t.deepEqual([...new Set(all.map(({ interfaceName }) => interfaceName))].sort(), [
    '',
    'any',
    'lo',
    'tap7',
    'va',
  ]);
  t.true(all.some(({ nanoseconds }) => nanoseconds % 1000 !== 0));
  t.true(all.some(({ capturedLength, originalLength }) => capturedLength < originalLength));
});
