import test from 'ava';
import { type FrameChunk, FrameMemory } from '../../../../src/cli/rx-dump/recorder/frame-memory.js';

const MIB = 1024 * 1024;

/** Stores a frame of `byteCount` bytes that begins with `number`. */
function store(memory: FrameMemory, number: number, byteCount: number): void {
  // As a sink does, which does not know the exact size before.
  const offset = memory.reserve(byteCount + 40);
  memory.buffer.writeUInt32LE(number, offset);
  memory.commit(byteCount);
}

/** The numbers of the frames from `first` on, and their bytes. */
function read(first: FrameChunk): { numbers: number[]; bytes: number } {
  const numbers: number[] = [];
  let bytes = 0;
  for (let chunk: FrameChunk | undefined = first; chunk !== undefined; chunk = chunk.next) {
    for (let item = 0; item < chunk.count; item++)
      numbers.push(chunk.bytes.readUInt32LE(item === 0 ? 0 : chunk.ends[item - 1]));
    bytes += chunk.used;
  }
  return { numbers, bytes };
}

test('a memory has every frame in its order while there is room', (t) => {
  const memory = new FrameMemory(MIB);
  for (let number = 0; number < 5000; number++) store(memory, number, 100);
  t.deepEqual(
    read(memory.first).numbers,
    Array.from({ length: 5000 }, (_, number) => number),
  );
});

test('a memory has the newest frames, nearly as many as fit', (t) => {
  const memory = new FrameMemory(8 * MIB);
  for (let number = 0; number < 200_000; number++) store(memory, number, 64 + (number % 200) * 4);
  const { numbers, bytes } = read(memory.first);
  t.is(numbers.at(-1), 199_999);
  t.true(numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1));
  t.true(bytes <= 8 * MIB && bytes > 7 * MIB, `${bytes} bytes`);
});

test('a memory takes frames that are longer than its chunks', (t) => {
  const memory = new FrameMemory(MIB);
  for (let number = 0; number < 10; number++) store(memory, number, 300_000);
  const { numbers, bytes } = read(memory.first);
  t.deepEqual(numbers, [7, 8, 9]);
  t.true(bytes <= MIB);
});

test('frames that have made room stay for what still reads them', (t) => {
  const memory = new FrameMemory(MIB);
  store(memory, 0, 100);
  const { first } = memory;
  memory.isRead = true;
  for (let number = 1; number < 50_000; number++) store(memory, number, 100);
  t.not(memory.first, first);
  t.is(read(first).numbers.length, 50_000);
});
