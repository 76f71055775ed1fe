import test from 'ava';
import { MappedMemory } from '../../src/sys/mapped-memory.js';
import { HOST, type Platform } from '../../src/sys/platform.js';
import { pointerAt, setPointerAt, viewAt } from '../../src/sys/pointer.js';

const GOLDEN: readonly [platform: Platform, value: number, bytes: readonly number[]][] = [
  [{ pointerBytes: 8, littleEndian: true }, 0x7f01_0203_0405, [5, 4, 3, 2, 1, 0x7f, 0, 0]],
  [{ pointerBytes: 8, littleEndian: false }, 0x7f01_0203_0405, [0, 0, 0x7f, 1, 2, 3, 4, 5]],
  [{ pointerBytes: 4, littleEndian: true }, 0xff02_0304, [4, 3, 2, 0xff]],
  [{ pointerBytes: 4, littleEndian: false }, 0xff02_0304, [0xff, 2, 3, 4]],
];

for (const [platform, value, golden] of GOLDEN) {
  const order = platform.littleEndian ? 'little' : 'big';
  test(`setPointerAt and pointerAt agree when a pointer has ${platform.pointerBytes} bytes and is ${order}-endian`, (t) => {
    const bytes = new Uint8Array(16).subarray(2);
    setPointerAt(bytes, 3, value, platform);
    t.deepEqual([...bytes.subarray(3, 3 + golden.length)], [...golden]);
    t.is(
      bytes.reduce((sum, byte) => sum + byte),
      golden.reduce((sum, byte) => sum + byte),
    );
    t.is(pointerAt(bytes, 3, platform), BigInt(value));
  });
}

test('viewAt shows the memory behind a pointer without a copy', (t) => {
  using memory = MappedMemory.anonymous(64);
  using holder = MappedMemory.anonymous(HOST.pointerBytes);
  setPointerAt(holder.bytes, 0, memory.address + 8);
  const view = new Uint8Array(viewAt(pointerAt(holder.bytes, 0), 4));
  memory.bytes.set([1, 2, 3, 4], 8);
  t.deepEqual([...view], [1, 2, 3, 4]);
  view[0] = 9;
  t.is(memory.bytes[8], 9);
});
