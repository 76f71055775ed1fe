import test from 'ava';
import { VirtioNetHeader } from '../../../src/packet/headers/virtio-net-header.js';
import { privateCounters } from '../../../src/tap/counters/counter-table.js';
import { ReceivedTally, SentTally } from '../../../src/tap/counters/frame-tally.js';
import { countsOf, presentCounts } from '../../../src/tap/counters/queue-counts.js';

const HEADER_BYTES = 12;

interface HeaderFields {
  readonly flags?: number;
  readonly gsoType?: number;
  readonly checksumStart?: number;
  readonly checksumOffset?: number;
}

/** Memory with a virtio-net header and behind it a frame to this destination. */
function memoryOf(destination: string, fields: HeaderFields = {}): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 100);
  Object.assign(new VirtioNetHeader(bytes, { size: HEADER_BYTES }), fields);
  bytes.set(Buffer.from(destination, 'hex'), HEADER_BYTES);
  return bytes;
}

test('ReceivedTally counts length, destination and checksum of each frame when it is settled', (t) => {
  const counters = privateCounters();
  const tally = new ReceivedTally(HEADER_BYTES);
  tally.add(memoryOf('ffffffffffff'), HEADER_BYTES, 60);
  tally.add(memoryOf('01005e000001', { flags: 2 }), HEADER_BYTES, 65);
  tally.add(
    memoryOf('020000000001', { flags: 1, gsoType: 1, checksumStart: 34, checksumOffset: 16 }),
    HEADER_BYTES,
    9217,
  );
  t.deepEqual(presentCounts(countsOf(counters)), {}, 'nothing before');
  tally.settle(counters);
  const expected = {
    rxSize64: 1,
    rxSize65To127: 1,
    rxSize9217ToMax: 1,
    rxBroadcast: 1,
    rxMulticast: 1,
    rxUnicast: 1,
    rxLro: 1,
    rxChecksumGood: 1,
    rxChecksumNone: 1,
    rxChecksumUnknown: 1,
  };
  t.deepEqual(presentCounts(countsOf(counters)), expected);
  tally.settle(counters);
  t.deepEqual(presentCounts(countsOf(counters)), expected, 'once');
});

test('ReceivedTally calls a checksum bad when its place is outside of the frame', (t) => {
  const places = [
    [34, 16, 52],
    [34, 16, 51],
    [34, 0xffff, 1000],
    [0xffff, 0, 1000],
  ] as const;
  const bad = places.map(([checksumStart, checksumOffset, length]) => {
    const counters = privateCounters();
    const tally = new ReceivedTally(HEADER_BYTES);
    tally.add(memoryOf('020000000001', { flags: 1, checksumStart, checksumOffset }), HEADER_BYTES, length);
    tally.settle(counters);
    const { rxChecksumBad, rxChecksumNone } = countsOf(counters);
    t.is(rxChecksumBad + rxChecksumNone, 1);
    return rxChecksumBad;
  });
  t.deepEqual(bad, [0, 1, 1, 1]);
});

test('ReceivedTally counts checksums as unknown when frames have no header', (t) => {
  const counters = privateCounters();
  const tally = new ReceivedTally(0);
  tally.add(memoryOf('020000000001', { flags: 1, gsoType: 1 }), HEADER_BYTES, 60);
  tally.settle(counters);
  t.deepEqual(presentCounts(countsOf(counters)), { rxSize64: 1, rxUnicast: 1, rxChecksumUnknown: 1 });
});

test('SentTally counts what is left to the kernel when it is settled', (t) => {
  const counters = privateCounters();
  const tally = new SentTally(HEADER_BYTES);
  tally.add(memoryOf('020000000001'), HEADER_BYTES, 1518);
  tally.add(memoryOf('ffffffffffff'), HEADER_BYTES, 64);
  tally.add(memoryOf('010000000000', { flags: 1 }), HEADER_BYTES, 1519);
  tally.addMultiSegment();
  tally.add(memoryOf('010000000000', { flags: 1, gsoType: 4 }), HEADER_BYTES, 9216);
  tally.settle(counters);
  t.deepEqual(presentCounts(countsOf(counters)), {
    txSize64: 1,
    txSize1024To1518: 1,
    txSize1519To9216: 2,
    txBroadcast: 1,
    txMulticast: 2,
    txUnicast: 1,
    txTso: 1,
    txChecksumOffload: 2,
    txMultiSegment: 1,
  });
});

test('SentTally forgets what was counted when it is cleared', (t) => {
  const counters = privateCounters();
  const tally = new SentTally(HEADER_BYTES);
  tally.add(memoryOf('010000000000', { flags: 1, gsoType: 4 }), HEADER_BYTES, 60);
  tally.addMultiSegment();
  tally.clear();
  tally.settle(counters);
  t.deepEqual(presentCounts(countsOf(counters)), {});
});

test('SentTally counts what is left to the kernel as nothing when frames have no header', (t) => {
  const counters = privateCounters();
  const tally = new SentTally(0);
  tally.add(memoryOf('020000000001', { flags: 1, gsoType: 1 }), HEADER_BYTES, 60);
  tally.settle(counters);
  t.deepEqual(presentCounts(countsOf(counters)), { txSize64: 1, txUnicast: 1 });
});
