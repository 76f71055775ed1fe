import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../../src/errors.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { readFixture } from '../fixture.js';
import { drainCapture } from './captured-records.js';

test('CaptureReader reads pcap in chunks of any size', (t) => {
  const bytes = readFixture('protocols.pcap');
  const wanted = drainCapture(new CaptureReader(), bytes);
  for (const chunkBytes of [1, 3, 4, 5, 1000]) {
    t.deepEqual(drainCapture(new CaptureReader(), bytes, chunkBytes), wanted);
  }
});

test('CaptureReader knows nothing before the first bytes', (t) => {
  const reader = new CaptureReader();
  t.false(reader.next());
  t.is(reader.record.number, 0);
  t.is(reader.record.linkType, -1);
  t.is(reader.record.queue, -1);
  t.is(reader.record.frame.length, 0);
});

test('CaptureReader refuses inputs of other formats, and names them', (t) => {
  const cases: readonly (readonly [bytes: readonly number[], message: string])[] = [
    [[], 'cannot read capture "in": it is empty (0 bytes)'],
    [[0x0a], 'cannot read capture "in": not a pcap file (it ends after 1 bytes)'],
    [[0x47, 0x45, 0x54, 0x20], 'cannot read capture "in": not a pcap file (magic number 0x47455420)'],
  ];
  for (const [bytes, message] of cases) {
    const { error } = drainCapture(new CaptureReader({ name: 'in' }), Uint8Array.from(bytes));
    t.true(error instanceof MalformedError);
    t.is(error!.message, message);
  }
});

test('CaptureReader gives the same records or error for all chunk sizes when its input is random or changed', (t) => {
  const files = ['nano-big.pcap', 'others/sections.pcapng', 'others/scapy-simple-big.pcapng'].map(
    readFixture,
  );
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 4 }), fc.nat())
      .map(([file, changes, end]) => {
        const bytes = Uint8Array.from(file);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        return bytes.subarray(0, bytes.length - (end % 8));
      }),
  );
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 100 }), (bytes, chunkBytes) => {
      const whole = drainCapture(new CaptureReader(), bytes);
      if (whole.error !== undefined) t.true(whole.error instanceof MalformedError, String(whole.error));
      const pieces = drainCapture(new CaptureReader(), bytes, chunkBytes);
      t.deepEqual(pieces.records, whole.records);
      t.is(pieces.error?.message, whole.error?.message);
    }),
    { seed: 3, numRuns: 2000 },
  );
});
