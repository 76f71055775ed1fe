import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { CaptureReader } from '../../src/packet/capture/capture-reader.js';
import { FilterProgram } from '../../src/sys/libpcap.js';
import { MappedMemory } from '../../src/sys/mapped-memory.js';
import { type CapturedRecord, drainCapture } from '../packet/capture/captured-records.js';

// tcpdump, which has libpcap compiled in its own way, picks the same frames from captures of others.

const FOLDERS = [
  new URL('../packet/fixtures/', import.meta.url),
  new URL('../../../shared/captures/', import.meta.url),
];
const FILES = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => fileURLToPath(new URL(name, folder))),
);

const EXPRESSIONS = [
  '',
  'arp',
  'ip',
  'ip6',
  'tcp',
  'udp port 7777',
  'icmp or icmp6',
  'icmp[icmptype] = icmp-unreach',
  'vlan',
  'vlan 7 and udp',
  'vlan and vlan and arp',
  'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
  'src host 10.0.0.1 and not tcp',
  'dst net 224.0.0.0/8',
  'ip6 proto 58 and ip6[40] = 135',
  'ether broadcast or ether multicast',
  'ether host 02:00:00:00:00:02',
  'greater 100',
  'less 60',
  'len = 66',
  'portrange 1000-2000',
  'ip[8] < 10',
  'stp or llc',
  'ip[6:2] & 0x3fff != 0',
];

interface NumberedRecord extends CapturedRecord {
  readonly path: string;
}

function readRecords(): NumberedRecord[] {
  return FILES.flatMap((path) => {
    const { records } = drainCapture(new CaptureReader(), new Uint8Array(readFileSync(path)));
    return records[0]?.linkType === 1 ? records.map((record) => ({ ...record, path })) : [];
  });
}

const RECORDS = readRecords();
const SNAPLEN = 262144;

/** All records as one classic capture, each with its place as its time: a tcpdump for each file would take its time. */
function joinRecords(): Uint8Array {
  const parts: Uint8Array[] = [
    Uint32Array.of(0xa1b2c3d4),
    Uint16Array.of(2, 4),
    Uint32Array.of(0, 0, SNAPLEN, 1),
  ].map(({ buffer }) => new Uint8Array(buffer));
  for (const [index, { frame, originalLength }] of RECORDS.entries()) {
    const length = Math.min(frame.length, SNAPLEN);
    parts.push(
      new Uint8Array(Uint32Array.of(index, 0, length, originalLength).buffer),
      frame.subarray(0, length),
    );
  }
  return Buffer.concat(parts);
}

const JOINED = joinRecords();

function askTcpdump(expression: string): number[] {
  const { stdout, stderr, status } = spawnSync('tcpdump', ['-r', '-', '-w', '-', expression], {
    input: JOINED,
  });
  if (status !== 0) throw new Error(`tcpdump ${expression}: ${stderr}`);
  const { records } = drainCapture(new CaptureReader(), new Uint8Array(stdout));
  return records.map(({ seconds }) => seconds);
}

test('there are captures with frames of many kinds', (t) => {
  t.true(RECORDS.length > 150, `${RECORDS.length} frames of ${FILES.length} files`);
});

for (const expression of EXPRESSIONS) {
  test(`a filter matches the frames that tcpdump prints for "${expression}"`, (t) => {
    using filter = FilterProgram.compile(expression);
    using memory = MappedMemory.anonymous(SNAPLEN);
    const wanted = askTcpdump(expression);
    const found: number[] = [];
    for (const [index, { frame, originalLength }] of RECORDS.entries()) {
      const heap = filter.accepts(frame, originalLength);
      memory.bytes.set(frame.subarray(0, SNAPLEN));
      t.is(filter.accepts(memory.bytes.subarray(0, frame.length), originalLength), heap);
      if (heap) found.push(index);
    }
    t.deepEqual(found, wanted);
    if (expression !== '')
      t.true(found.length > 0 && found.length < RECORDS.length, `${found.length} frames`);
  });
}

test('FilterProgram.compile takes nothing but blanks as everything', (t) => {
  using filter = FilterProgram.compile('  ');
  t.true(filter.accepts(new Uint8Array(0), 0));
});
