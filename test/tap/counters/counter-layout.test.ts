import test from 'ava';
import fc from 'fast-check';
import { LITTLE_ENDIAN } from '../../../src/sys/platform.js';
import {
  COUNTER_BLOCK_SIZE,
  COUNTER_HEADER_SIZE,
  counterBlock,
  counterFileSize,
  counterFileSizeMax,
  decodeCounterHeader,
  encodeCounterHeader,
  foreignCounterBlock,
  ROLE_KEEPER,
  ROLE_READER,
  ROLE_SENDER,
} from '../../../src/tap/counters/counter-layout.js';
import { QUEUE_COUNTER_NAMES, TX_ERRORS, TX_PACKETS } from '../../../src/tap/counters/counter-table.js';

const HEADER = { pid: 0x01020304, role: ROLE_SENDER, queueCount: 3 };
const MAGIC = [0x72, 0x74, 0x61, 0x70, 0x63, 0x6e, 0x74, 0x32];

/** A u32 as this machine stores it. */
function word(value: number): number[] {
  const bytes = [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
  return LITTLE_ENDIAN ? bytes : bytes.reverse();
}

test('encodeCounterHeader writes magic, pid, role, number of queues, of counters and kind of lock into 64 bytes', (t) => {
  const fields = [0x01020304, 2, 3, QUEUE_COUNTER_NAMES.length, 1].flatMap(word);
  const golden = [...MAGIC, ...fields, ...Array<number>(36).fill(0)];
  t.deepEqual([...encodeCounterHeader(HEADER)], golden);
});

test('decodeCounterHeader returns what encodeCounterHeader was given when the file is whole', (t) => {
  for (const role of [ROLE_READER, ROLE_SENDER, ROLE_KEEPER]) {
    const bytes = new Uint8Array(counterFileSize(3));
    bytes.set(encodeCounterHeader({ ...HEADER, role }));
    const layout = { counterCount: QUEUE_COUNTER_NAMES.length, blockSize: COUNTER_BLOCK_SIZE };
    t.deepEqual(decodeCounterHeader(bytes), { ...HEADER, role, ...layout });
  }
});

test('decodeCounterHeader is undefined when the file is cut at any byte', (t) => {
  const bytes = new Uint8Array(counterFileSize(3));
  bytes.set(encodeCounterHeader(HEADER));
  for (let length = 0; length < bytes.length; length++) {
    t.is(decodeCounterHeader(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
});

test('decodeCounterHeader is undefined when the layout is another one', (t) => {
  const bytes = new Uint8Array(counterFileSize(1));
  t.is(decodeCounterHeader(bytes), undefined);
  bytes.set(encodeCounterHeader({ ...HEADER, queueCount: 1 }));
  bytes[7] = '3'.charCodeAt(0);
  t.is(decodeCounterHeader(bytes), undefined);
  bytes.set(encodeCounterHeader({ ...HEADER, queueCount: 0xffff_ffff }));
  t.is(decodeCounterHeader(bytes), undefined);
});

test('counterBlock lies behind the header in whole cache lines of its own when there are two queues', (t) => {
  t.deepEqual([COUNTER_HEADER_SIZE, COUNTER_BLOCK_SIZE, counterFileSize(2)], [64, 512, 1088]);
  const bytes = new Uint8Array(counterFileSize(2));
  const counters = counterBlock(bytes, 1);
  t.is(counters.length, QUEUE_COUNTER_NAMES.length);
  counters[0] = 1;
  counters[TX_PACKETS] = 2;
  counters[TX_ERRORS] = 3;
  const view = new DataView(bytes.buffer);
  t.deepEqual(
    [576, 576 + 4 * 8, 576 + 6 * 8].map((at) => view.getFloat64(at, LITTLE_ENDIAN)),
    [1, 2, 3],
  );
  t.deepEqual([...counterBlock(bytes, 0)], Array<number>(QUEUE_COUNTER_NAMES.length).fill(0));
});

test('counterFileSize is 64 KiB and a header when there are 128 queues', (t) => {
  t.is(counterFileSize(128), 64 + 64 * 1024);
  t.true(QUEUE_COUNTER_NAMES.length * 8 <= COUNTER_BLOCK_SIZE);
});

/** The file of a release whose blocks have `counterCount` counters. Counter c of queue q is 100 q + c. */
function otherFile(magic: string, counterCount: number, blockSize: number): Uint8Array {
  const bytes = new Uint8Array(COUNTER_HEADER_SIZE + 2 * blockSize);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(magic));
  for (const [at, value] of [77, ROLE_READER, 2].entries()) view.setUint32(8 + at * 4, value, LITTLE_ENDIAN);
  if (magic !== 'rtapcnt1') view.setUint32(20, counterCount, LITTLE_ENDIAN);
  for (const queue of [0, 1]) {
    for (let at = 0; at < counterCount; at++)
      view.setFloat64(COUNTER_HEADER_SIZE + queue * blockSize + at * 8, 100 * queue + at, LITTLE_ENDIAN);
  }
  return bytes;
}

const OTHERS: readonly (readonly [whose: string, magic: string, counterCount: number, blockSize: number])[] =
  [
    ['of the first layout', 'rtapcnt1', 8, 128],
    ['of fewer counters', 'rtapcnt2', 9, 128],
    ['of more counters', 'rtapcnt2', 100, 832],
  ];

for (const [whose, magic, counterCount, blockSize] of OTHERS) {
  test(`foreignCounterBlock finds every counter when the file is ${whose}`, (t) => {
    const bytes = otherFile(magic, counterCount, blockSize);
    const layout = decodeCounterHeader(bytes)!;
    t.deepEqual(layout, { pid: 77, role: ROLE_READER, queueCount: 2, counterCount, blockSize });
    for (const queue of [0, 1]) {
      const expected = Array.from({ length: counterCount }, (_, at) => 100 * queue + at);
      t.deepEqual([...foreignCounterBlock(bytes, layout, queue)], expected);
    }
    t.is(decodeCounterHeader(bytes.subarray(0, -1)), undefined);
  });
}

test('decodeCounterHeader is undefined when the number of counters is impossible', (t) => {
  for (const counterCount of [0, 513, 0xffff_ffff]) {
    const bytes = new Uint8Array(counterFileSizeMax(2));
    bytes.set(otherFile('rtapcnt2', 9, 128));
    new DataView(bytes.buffer).setUint32(20, counterCount, LITTLE_ENDIAN);
    t.is(decodeCounterHeader(bytes), undefined, `${counterCount}`);
  }
});

test('decodeCounterHeader returns blocks within the file when its bytes are random', (t) => {
  const words = fc.array(fc.oneof(fc.nat(300), fc.nat(0xffff_ffff)), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom('rtapcnt1', 'rtapcnt2'), words, fc.nat(5000), (magic, fields, length) => {
      const bytes = new Uint8Array(COUNTER_HEADER_SIZE + length);
      bytes.set(Buffer.from(magic));
      const view = new DataView(bytes.buffer);
      for (const [at, field] of fields.entries()) view.setUint32(8 + at * 4, field, LITTLE_ENDIAN);
      const layout = decodeCounterHeader(bytes);
      if (layout === undefined || layout.queueCount === 0) return;
      foreignCounterBlock(bytes, layout, layout.queueCount - 1);
    }),
    { seed: 4, numRuns: 500 },
  );
  t.pass();
});
