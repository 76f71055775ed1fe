import test from 'ava';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import {
  COUNTER_BLOCK_SIZE,
  COUNTER_HEADER_SIZE,
  counterBlock,
  counterFileSize,
  decodeCounterHeader,
  encodeCounterHeader,
  ROLE_KEEPER,
  ROLE_READER,
  ROLE_SENDER,
} from '../../src/tap/counter-layout.js';
import { QUEUE_COUNTER_NAMES, TX_ERRORS, TX_PACKETS } from '../../src/tap/queue-counters.js';

const HEADER = { pid: 0x01020304, role: ROLE_SENDER, queueCount: 3 };
const MAGIC = [0x72, 0x74, 0x61, 0x70, 0x63, 0x6e, 0x74, 0x31];

/** A u32 as this machine stores it. */
function word(value: number): number[] {
  const bytes = [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
  return LITTLE_ENDIAN ? bytes : bytes.reverse();
}

test('encodeCounterHeader writes magic, pid, role and number of queues into 64 bytes', (t) => {
  const golden = [...MAGIC, ...word(0x01020304), ...word(2), ...word(3), ...Array<number>(44).fill(0)];
  t.deepEqual([...encodeCounterHeader(HEADER)], golden);
});

test('decodeCounterHeader gives back what was encoded', (t) => {
  for (const role of [ROLE_READER, ROLE_SENDER, ROLE_KEEPER]) {
    const bytes = new Uint8Array(counterFileSize(3));
    bytes.set(encodeCounterHeader({ ...HEADER, role }));
    t.deepEqual(decodeCounterHeader(bytes), { ...HEADER, role });
  }
});

test('decodeCounterHeader passes over a file that is cut anywhere', (t) => {
  const bytes = new Uint8Array(counterFileSize(3));
  bytes.set(encodeCounterHeader(HEADER));
  for (let length = 0; length < bytes.length; length++) {
    t.is(decodeCounterHeader(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
});

test('decodeCounterHeader passes over another layout', (t) => {
  const bytes = new Uint8Array(counterFileSize(1));
  t.is(decodeCounterHeader(bytes), undefined);
  bytes.set(encodeCounterHeader({ ...HEADER, queueCount: 1 }));
  bytes[7] = '2'.charCodeAt(0);
  t.is(decodeCounterHeader(bytes), undefined);
  bytes.set(encodeCounterHeader({ ...HEADER, queueCount: 0xffff_ffff }));
  t.is(decodeCounterHeader(bytes), undefined);
});

test('counterBlock lies behind the header, a block of two cache lines for each queue', (t) => {
  t.deepEqual([COUNTER_HEADER_SIZE, COUNTER_BLOCK_SIZE, counterFileSize(2)], [64, 128, 320]);
  const bytes = new Uint8Array(counterFileSize(2));
  const counters = counterBlock(bytes, 1);
  t.is(counters.length, QUEUE_COUNTER_NAMES.length);
  counters[0] = 1;
  counters[TX_PACKETS] = 2;
  counters[TX_ERRORS] = 3;
  const view = new DataView(bytes.buffer);
  t.deepEqual(
    [192, 192 + 4 * 8, 192 + 6 * 8].map((at) => view.getFloat64(at, LITTLE_ENDIAN)),
    [1, 2, 3],
  );
  t.deepEqual([...counterBlock(bytes, 0)], Array<number>(QUEUE_COUNTER_NAMES.length).fill(0));
});

test('counterBlock has room for every counter', (t) => {
  t.true(QUEUE_COUNTER_NAMES.length * 8 <= COUNTER_BLOCK_SIZE);
});
