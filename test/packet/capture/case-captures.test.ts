import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { type CapturedRecord, drainCapture } from './captured-records.js';

// Captures that readers stumble over lie beside the repository. The right values are those of tshark and libpcap.

const FOLDER = new URL('../../../../shared/captures/cases/', import.meta.url);

/** A test of the records of the file `name`. Where the file is absent, the test says so, and fails in CI. */
function testCase(
  title: string,
  name: string,
  check: (records: readonly CapturedRecord[]) => unknown,
  right: unknown,
) {
  test(`${title}: ${name}`, (t) => {
    const path = new URL(name, FOLDER);
    if (!existsSync(path)) {
      if (process.env.CI) t.fail(`no ${name} in ${FOLDER.pathname}`);
      t.log(`skipped: no ${name} in ${FOLDER.pathname}`);
      t.pass();
      return;
    }
    const { records, error } = drainCapture(new CaptureReader(), new Uint8Array(readFileSync(path)), 50);
    t.is(error, undefined);
    t.deepEqual(check(records), right);
  });
}

const lengths = (records: readonly CapturedRecord[]) =>
  records.map(({ frame, originalLength }) => [frame.length, originalLength]);

testCase('PcapngReader leaves out the frame check sequence', '06-fcslen.pcapng', lengths, [
  [60, 60],
  [60, 60],
]);

testCase('PcapReader takes the lengths for exchanged', '08-v2.2-swapped.pcap', lengths, [
  [60, 200],
  [60, 60],
]);

testCase('PcapReader takes the lengths as they are', '08-v2.3-normal.pcap', lengths, [
  [60, 200],
  [60, 60],
]);

testCase('PcapReader reads the modified form', '08-modified-le.pcap', lengths, [
  [60, 60],
  [60, 60],
]);

testCase('PcapngReader keeps more bytes than the packet had', '03-epb-cap-gt-orig.pcapng', lengths, [
  [80, 60],
  [60, 60],
]);

testCase(
  'PcapngReader keeps every digit of a large time',
  '05-big-offset.pcapng',
  (records) => records.map(({ exactSeconds }) => exactSeconds),
  [4611686020127387904n, -4611686016727387904n],
);
