import { spawnSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { formatHex } from '../../../src/packet/bytes/hex.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import {
  encodePcapFileHeader,
  encodePcapRecord,
  encodePcapRecordHeader,
} from '../../../src/packet/capture/pcap-writer.js';
import { drainCapture } from './captured-records.js';

test('encodePcapFileHeader writes nanoseconds, version 2.4, Ethernet', (t) => {
  const target = new Uint8Array(26).fill(0xee);
  t.is(encodePcapFileHeader(target, 1), 24);
  t.is(formatHex(target), 'ee4d3cb2a1020004000000000000000000000004000100000' + '0ee');
});

test('encodePcapFileHeader takes another snapshot length and link type', (t) => {
  const target = new Uint8Array(24);
  encodePcapFileHeader(target, 0, { snapshotBytes: 96, linkType: 276 });
  t.is(formatHex(target, 16), '6000000014010000');
});

test('encodePcapRecord writes the header and the captured bytes', (t) => {
  const target = new Uint8Array(20).fill(0xee);
  t.is(encodePcapRecord(target, 1, 0xfffffffe, 999999999, Uint8Array.of(1, 2, 3), 2, 1514), 18);
  t.is(formatHex(target), 'eefeffffffffc99a3b02000000ea0500000102ee');
  const header = new Uint8Array(16);
  t.is(encodePcapRecordHeader(header, 0, 0xfffffffe, 999999999, 2, 1514), 16);
  t.deepEqual(header, target.slice(1, 17));
});

const record = fc.record({
  seconds: fc.nat(0xffffffff),
  nanoseconds: fc.nat(999_999_999),
  frame: fc.uint8Array({ maxLength: 100 }),
  cut: fc.nat(50),
  chunkBytes: fc.integer({ min: 1, max: 300 }),
});

test('PcapReader reads what encodePcapRecord wrote', (t) => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 10 }),
      fc.integer({ min: 1, max: 300 }),
      (records, chunkBytes) => {
        const target = new Uint8Array(24 + records.length * 116);
        let end = encodePcapFileHeader(target);
        const wanted = records.map(({ seconds, nanoseconds, frame, cut }, index) => {
          const captured = Math.max(0, frame.length - cut);
          end += encodePcapRecord(target, end, seconds, nanoseconds, frame, captured, frame.length);
          const kept = frame.slice(0, captured);
          return {
            recordNumber: index + 1,
            seconds,
            nanoseconds,
            originalLength: frame.length,
            linkType: 1,
            frame: kept,
          };
        });
        const run = drainCapture(new CaptureReader(), target.subarray(0, end), chunkBytes);
        t.deepEqual(run, { records: wanted, error: undefined });
      },
    ),
  );
});

test('tcpdump reads what encodePcapRecord wrote', (t) => {
  const target = new Uint8Array(200);
  let end = encodePcapFileHeader(target);
  end += encodePcapRecord(target, end, 1700000000, 123456789, new Uint8Array(20), 20, 60);
  const options = ['-nn', '-tt', '--nano', '-r', '-'];
  const run = spawnSync('tcpdump', options, { input: target.subarray(0, end), encoding: 'utf8' });
  if (run.error !== undefined) {
    if (process.env.CI) throw run.error;
    t.log('skipped: no tcpdump here');
    t.pass();
    return;
  }
  t.regex(run.stdout, /^1700000000\.123456789 /);
  t.is(run.status, 0);
});
