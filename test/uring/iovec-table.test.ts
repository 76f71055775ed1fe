import test from 'ava';
import { MappedMemory } from '../../src/sys/mapped-memory.js';
import { POINTER_BYTES } from '../../src/sys/platform.js';
import { viewAt } from '../../src/sys/pointer.js';
import { encodeIovec, IOVEC_SIZE } from '../../src/uring/iovec.js';
import { IovecTable } from '../../src/uring/iovec-table.js';

/** One that has as many bits as the machine's addresses of user space. */
const ADDRESS = POINTER_BYTES === 8 ? 0x7f12_3456_7890 : 0xb712_3456;

test('IovecTable writes the bytes of encodeIovec when addresses have all their bits', (t) => {
  using table = new IovecTable(3);
  using other = MappedMemory.anonymous(3 * IOVEC_SIZE);
  const regions = [
    { address: ADDRESS, length: 256 },
    { address: 0xffff_ffff, length: 0xffff_ffff },
    { address: 64, length: 0 },
  ];
  for (const [index, region] of regions.entries()) {
    table.set(index, region.address, region.length);
    encodeIovec(other, index, region);
    t.is(table.baseOf(index), region.address);
    t.is(table.lengthOf(index), region.length);
  }
  const bytes = new Uint8Array(viewAt(BigInt(table.addressOf(0)), 3 * IOVEC_SIZE));
  t.deepEqual(Uint8Array.from(bytes), Uint8Array.from(other.bytes));
});

test('IovecTable changes a length alone when setLength is called', (t) => {
  using table = new IovecTable(2);
  table.set(1, ADDRESS, 256);
  table.setLength(1, 7);
  t.deepEqual([table.baseOf(1), table.lengthOf(1), table.lengthOf(0)], [ADDRESS, 7, 0]);
  t.is(table.addressOf(1) - table.addressOf(0), IOVEC_SIZE);
});
