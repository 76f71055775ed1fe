import test from 'ava';
import type { MappedMemory } from '../../src/sys/mapped-memory.js';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import { BufferRing, IO_URING_BUF_RING_TAIL, IO_URING_BUF_SIZE } from '../../src/uring/buffer-ring.js';
import type { Ring } from '../../src/uring/ring.js';

const PLACES = { address: 0x7f12_3456_7000, strideBytes: 0x10_000, bufferBytes: 2048, count: 4 };

/** Returns the registration that `buffers` hands to a ring. */
function registrationOf(buffers: BufferRing): DataView {
  let bytes = new Uint8Array();
  const registerBufferRing = (memory: MappedMemory) => {
    bytes = memory.bytes.slice();
  };
  buffers.registerWith({ registerBufferRing } as Ring);
  return new DataView(bytes.buffer);
}

/** Returns the memory of the ring of buffers, which the kernel reads, from the address that was registered. */
async function entriesOf(buffers: BufferRing): Promise<DataView> {
  const { viewAt } = await import('../../src/sys/pointer.js');
  const address = registrationOf(buffers).getBigUint64(0, LITTLE_ENDIAN);
  return new DataView(viewAt(address, PLACES.count * IO_URING_BUF_SIZE));
}

test('BufferRing registers its address and the number of its buffers', (t) => {
  using buffers = new BufferRing(PLACES);
  const registration = registrationOf(buffers);
  t.is(registration.byteLength, 40);
  t.true(registration.getBigUint64(0, LITTLE_ENDIAN) > 0n);
  t.is(registration.getUint32(8, LITTLE_ENDIAN), PLACES.count);
  t.is(registration.getUint16(12, LITTLE_ENDIAN), 0);
});

test('BufferRing gives all buffers when it is made', async (t) => {
  using buffers = new BufferRing(PLACES);
  const entries = await entriesOf(buffers);
  for (let number = 0; number < PLACES.count; number++) {
    const at = number * IO_URING_BUF_SIZE;
    t.is(entries.getBigUint64(at, LITTLE_ENDIAN), BigInt(PLACES.address + number * PLACES.strideBytes));
    t.is(entries.getUint32(at + 8, LITTLE_ENDIAN), PLACES.bufferBytes);
    t.is(entries.getUint16(at + 12, LITTLE_ENDIAN), number);
  }
  t.is(entries.getUint16(IO_URING_BUF_RING_TAIL, LITTLE_ENDIAN), PLACES.count);
});

test('BufferRing shows a buffer that is given back only when it publishes', async (t) => {
  using buffers = new BufferRing(PLACES);
  const entries = await entriesOf(buffers);
  buffers.give(3);
  t.is(entries.getUint16(12, LITTLE_ENDIAN), 3, 'in the place of the first');
  t.is(entries.getUint16(IO_URING_BUF_RING_TAIL, LITTLE_ENDIAN), 4);
  buffers.publish();
  t.is(entries.getUint16(IO_URING_BUF_RING_TAIL, LITTLE_ENDIAN), 5);
});

test('BufferRing goes on at 0 when its tail passes 0xffff', async (t) => {
  using buffers = new BufferRing(PLACES);
  const entries = await entriesOf(buffers);
  for (let given = PLACES.count; given < 0x1_0000; given++) buffers.give(given & 3);
  buffers.publish();
  t.is(entries.getUint16(IO_URING_BUF_RING_TAIL, LITTLE_ENDIAN), 0);
  buffers.give(2);
  buffers.publish();
  t.is(entries.getUint16(12, LITTLE_ENDIAN), 2);
  t.is(entries.getUint16(IO_URING_BUF_RING_TAIL, LITTLE_ENDIAN), 1);
});
