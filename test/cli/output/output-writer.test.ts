import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import test from 'ava';
import { NO_ROOM, OutputWriter } from '../../../src/cli/output/output-writer.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { openedSince, openFiles } from '../../open-files.js';
import { makeFolder } from '../../tap/scratch-folder.js';

const FULL_DISK = fileURLToPath(new URL('full-disk.ts', import.meta.url));
const SHARED_PIPE = fileURLToPath(new URL('shared-pipe.ts', import.meta.url));
const ITEM_BYTES = 1000;
/** More than the 8 MiB that rtap keeps for a slow reader and the 64 KiB of the pipe. */
const TOO_MANY_ITEMS = 9000;
const DEADLINE_MS = 20_000;
const PAGE_BYTES = 4096;
/** Many times what may wait. */
const LARGE_FILE_ITEMS = 60_000;

/** Item `number`: its number, repeated. */
function makeItem(number: number): Uint8Array {
  return new Uint8Array(new Uint32Array(ITEM_BYTES / 4).fill(number).buffer);
}

/** A pipe. Reads from `input` never wait. */
function openPipe(): { readonly input: number; readonly output: number } {
  const path = join(makeFolder(), 'fifo');
  execFileSync('mkfifo', [path]);
  const input = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { input, output: openSync(path, constants.O_WRONLY) };
}

/** Takes what is in the pipe now, at most `bytesMax`. */
function takeSome(input: number, bytesMax = 65_536): Buffer {
  const chunk = Buffer.alloc(bytesMax);
  try {
    return chunk.subarray(0, readSync(input, chunk));
  } catch {
    return chunk.subarray(0, 0);
  }
}

/** A slow reader: takes a little in each turn of the event loop until it has `bytes`. */
async function takeAll(input: number, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const deadline = performance.now() + DEADLINE_MS;
  for (let taken = 0; taken < bytes && performance.now() < deadline; ) {
    const chunk = takeSome(input, 10_000);
    chunks.push(chunk);
    taken += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(chunks);
}

test.serial('OutputWriter loses nothing when a slow reader reads everything in the end', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  const items = Array.from({ length: 1000 }, (_, number) => makeItem(number));
  for (const item of items) {
    t.true(writer.write(item));
    writer.flushSoon();
  }
  t.true(writer.dropped > 0, 'the pipe does not hold it all');
  const drained = writer.drain(DEADLINE_MS);
  const taken = await takeAll(input, items.length * ITEM_BYTES);
  await drained;
  t.is(Buffer.compare(taken, Buffer.concat(items)), 0);
  t.is(writer.dropped, 0);
  t.is(writer.error, undefined);
  closeSync(input);
});

test.serial('OutputWriter drops whole items and counts them when a reader is too slow', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  const accepted: Uint8Array[] = [];
  for (let number = 0; number < TOO_MANY_ITEMS; number++) {
    const item = makeItem(number);
    if (writer.write(item)) accepted.push(item);
  }
  const lost = TOO_MANY_ITEMS - accepted.length;
  t.true(lost > 0);
  const drained = writer.drain(DEADLINE_MS);
  const taken = await takeAll(input, accepted.length * ITEM_BYTES);
  await drained;
  t.is(writer.dropped, lost);
  t.is(Buffer.compare(taken, Buffer.concat(accepted)), 0);
  t.true(writer.write(makeItem(1)), 'there is room again');
  closeSync(input);
});

test.serial('OutputWriter counts what is still waiting as dropped when it gives up', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  for (let number = 0; number < 100; number++) writer.write(makeItem(number));
  await writer.drain(10);
  const whole = Math.floor(takeSome(input, 1_000_000).length / ITEM_BYTES);
  t.is(writer.dropped, 100 - whole);
  closeSync(input);
});

test.serial('OutputWriter calls its listener once and takes no more when the reader has left', (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  let told = 0;
  writer.onError(() => {
    told += 1;
  });
  closeSync(input);
  writer.write(makeItem(0));
  writer.flush();
  t.is(writer.error?.code, 'EPIPE');
  t.is(told, 1);
  t.false(writer.write(makeItem(1)));
  writer.flush();
  t.is(told, 1);
  t.is(writer.dropped, 2, 'one that was not read, and one that was not taken');
});

test.serial('OutputWriter stops draining when the reader leaves', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  for (let number = 0; number < 100; number++) writer.write(makeItem(number));
  const drained = writer.drain(60_000);
  closeSync(input);
  await drained;
  t.is(writer.error?.code, 'EPIPE');
  t.true(writer.dropped > 0);
});

test.serial(
  'OutputWriter notices without output that the reader leaves when followReader was called',
  async (t) => {
    const { input, output } = openPipe();
    const before = openFiles();
    const writer = new OutputWriter(output, true);
    const failed = new Promise<void>((resolve) => writer.onError(resolve));
    writer.followReader();
    t.true(writer.write(makeItem(1)));
    writer.flush();
    t.is(takeSome(input).length, ITEM_BYTES);
    t.is(writer.error, undefined);
    closeSync(input);
    await failed;
    t.is(writer.error?.code, 'EPIPE');
    t.false(writer.write(makeItem(2)));
    writer[Symbol.dispose]();
    t.deepEqual(
      openedSince(before).filter((file) => file.includes('eventpoll')),
      [],
    );
  },
);

test.serial('OutputWriter ignores followReader when the output is a file', (t) => {
  using writer = new OutputWriter(openSync(join(makeFolder(), 'file'), 'w'), true);
  writer.followReader();
  t.true(writer.write(makeItem(1)));
  t.is(writer.error, undefined);
});

test.serial('OutputWriter takes an empty item as the first one', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  t.true(writer.write(new Uint8Array(0)));
  writer.write(makeItem(3));
  await writer.drain(DEADLINE_MS);
  t.is(writer.dropped, 0);
  t.is(takeSome(input).length, ITEM_BYTES);
  closeSync(input);
});

test.serial('OutputWriter drops an item when it is larger than what may wait', (t) => {
  using writer = new OutputWriter(openSync(join(makeFolder(), 'file'), 'w'), true);
  t.false(writer.write(new Uint8Array(8 * 1024 * 1024 + 1)));
  t.is(writer.dropped, 1);
});

test.serial('OutputWriter writes everything in order when the output is a file', async (t) => {
  const path = join(makeFolder(), 'file');
  const items = Array.from({ length: 1000 }, (_, number) => makeItem(number));
  {
    using writer = new OutputWriter(openSync(path, 'w'), true);
    for (const item of items) t.true(writer.write(item));
    await writer.drain(DEADLINE_MS);
    t.is(writer.dropped, 0);
  }
  t.is(Buffer.compare(readFileSync(path), Buffer.concat(items)), 0);
});

test.serial('OutputWriter flushes a file by itself when flushSoon was called', async (t) => {
  const path = join(makeFolder(), 'file');
  using writer = new OutputWriter(openSync(path, 'w'), true);
  writer.write(makeItem(5));
  writer.flushSoon();
  writer.flushSoon();
  const deadline = performance.now() + DEADLINE_MS;
  while (readFileSync(path).length === 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.is(Buffer.compare(readFileSync(path), makeItem(5)), 0);
});

test.serial(
  'OutputWriter closes its descriptors, and the output if it owns it, when it is disposed',
  async (t) => {
    const { input, output } = openPipe();
    const before = openFiles();
    {
      using writer = new OutputWriter(output, false);
      for (let number = 0; number < 100; number++) writer.write(makeItem(number));
      await writer.drain(1);
    }
    await new Promise((resolve) => setImmediate(resolve));
    t.deepEqual(openedSince(before), []);
    new OutputWriter(output, true)[Symbol.dispose]();
    t.throws(() => fstatSync(output), { code: 'EBADF' });
    closeSync(input);
  },
);

test.serial('OutputWriter writes each burst at once, to a file too, when it is unbuffered', (t) => {
  const path = join(makeFolder(), 'file');
  using writer = new OutputWriter(openSync(path, 'w'), true, { unbuffered: true });
  writer.write(makeItem(5));
  writer.flushSoon();
  t.is(Buffer.compare(readFileSync(path), makeItem(5)), 0);
});

test.serial('OutputWriter writes what it has and takes no more when it is finished', (t) => {
  const path = join(makeFolder(), 'file');
  using writer = new OutputWriter(openSync(path, 'w'), true);
  writer.writeFraming(Buffer.from('head'));
  writer.write(Buffer.from(' item '));
  writer.writeFraming(Buffer.from('tail'));
  writer.finish();
  writer.finish();
  writer.writeFraming(Buffer.from('more'));
  writer.flush();
  t.is(readFileSync(path, 'utf8'), 'head item tail');
  t.deepEqual([writer.taken, writer.takenBytes], [1, 14]);
  t.false(writer.write(makeItem(1)), 'it is over');
  t.is(writer.dropped, 1);
  t.false(writer.rotate());
});

test.serial('OutputWriter takes an item that is encoded in its buffer and is shorter than reserved', (t) => {
  const path = join(makeFolder(), 'file');
  using writer = new OutputWriter(openSync(path, 'w'), true);
  for (const text of ['one', 'three']) {
    const offset = writer.reserve(100);
    t.true(writer.commit(writer.buffer.write(text, offset)));
  }
  writer.finish();
  t.is(readFileSync(path, 'utf8'), 'onethree');
  t.is(writer.reserve(1), NO_ROOM);
  t.deepEqual([writer.taken, writer.refused], [2, 1]);
});

test.serial(
  'OutputWriter has an error and throws nothing when a broken item cannot be cut off its file',
  async (t) => {
    const path = join(makeFolder(), 'file');
    writeFileSync(path, '');
    // write(2) and ftruncate(2) both refuse a descriptor for reading.
    using writer = new OutputWriter(openSync(path, 'r'), true);
    const failed = new Promise<void>((resolve) => writer.onError(resolve));
    t.true(writer.write(makeItem(1)));
    writer.flushSoon();
    await failed;
    t.is(writer.error?.code, 'EBADF');
    t.like(writer.error?.cause, { code: 'EINVAL', syscall: 'ftruncate' });
    t.is(writer.dropped, 1);
  },
);

test.serial('OutputWriter goes on in another file, or has an error, when continueIn is called', (t) => {
  const folder = makeFolder();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  using writer = new OutputWriter(openSync(first, 'w'), true);
  writer.write(Buffer.from('1'));
  writer.finish();
  writer.continueIn(() => openSync(second, 'w'));
  writer.write(Buffer.from('2'));
  writer.finish();
  t.deepEqual([readFileSync(first, 'utf8'), readFileSync(second, 'utf8')], ['1', '2']);
  let told = 0;
  writer.onError(() => {
    told += 1;
  });
  writer.continueIn(() => openSync(join(folder, 'no', 'folder'), 'w'));
  t.is(writer.error?.code, 'ENOENT');
  t.is(told, 1);
  t.false(writer.write(Buffer.from('3')));
  writer.finish();
  t.is(writer.dropped, 1);
});

test.serial('OutputWriter has an error and throws nothing when its file cannot be closed', (t) => {
  const fd = openSync(join(makeFolder(), 'file'), 'w');
  using writer = new OutputWriter(fd, true);
  let told = 0;
  writer.onError(() => {
    told += 1;
  });
  writer.finish();
  closeSync(fd);
  writer.continueIn(() => {
    t.fail('no other file is begun');
    return undefined;
  });
  t.is(writer.error?.code, 'EBADF');
  t.is(told, 1);
});

test.serial('OutputWriter counts items but no head and tail when the reader has left', (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  writer.writeFraming(Buffer.from('head'));
  closeSync(input);
  writer.write(makeItem(0));
  writer.write(makeItem(1));
  writer.writeFraming(Buffer.from('tail'));
  writer.finish();
  t.is(writer.error?.code, 'EPIPE');
  t.is(writer.dropped, 2);
});

test.serial('OutputWriter waits when another process fills the pipe first', async (t) => {
  const { input, output } = openPipe();
  const words = [COMPILER_FLAG, SHARED_PIPE];
  const writers = [1, 2, 3].map(() =>
    spawn(process.execPath, words, { stdio: ['ignore', output, 'pipe'], timeout: DEADLINE_MS }),
  );
  const said = writers.map(async ({ stderr }) => Buffer.concat(await stderr!.toArray()).toString());
  closeSync(output);
  t.is((await takeAll(input, writers.length * 4_000_000)).length, writers.length * 4_000_000);
  for (const answer of await Promise.all(said)) t.is(answer, 'no error, 0 dropped\n');
  closeSync(input);
});

test.serial('OutputWriter takes the tail when items were dropped', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  writer.writeFraming(Buffer.from('head'));
  const accepted = Array.from({ length: TOO_MANY_ITEMS }, () => writer.write(makeItem(1))).filter(Boolean);
  t.true(accepted.length < TOO_MANY_ITEMS);
  writer.writeFraming(Buffer.from('tail'));
  writer.finish();
  const drained = writer.drain(DEADLINE_MS);
  const taken = await takeAll(input, accepted.length * ITEM_BYTES + 8);
  await drained;
  t.is(taken.length, accepted.length * ITEM_BYTES + 8);
  t.is(taken.subarray(-4).toString(), 'tail');
  closeSync(input);
});

test.serial('OutputWriter keeps order and counts when a reader lags for long', async (t) => {
  const { input, output } = openPipe();
  using writer = new OutputWriter(output, true);
  const taken: Buffer[] = [];
  const expected: number[] = [];
  // Several times what may wait, while the reader takes half of it.
  for (let number = 0; number < 5 * TOO_MANY_ITEMS; number++) {
    if (writer.write(makeItem(number))) expected.push(number);
    if (number % 2 === 0) taken.push(takeSome(input, ITEM_BYTES));
  }
  t.true(expected.length > 2.5 * TOO_MANY_ITEMS && expected.length < 5 * TOO_MANY_ITEMS);
  const takenBytes = taken.reduce((sum, { length }) => sum + length, 0);
  const drained = writer.drain(DEADLINE_MS);
  taken.push(await takeAll(input, expected.length * ITEM_BYTES - takenBytes));
  await drained;
  const bytes = new Uint8Array(Buffer.concat(taken));
  const numbers = new Uint32Array(bytes.buffer).filter((_, index) => index % (ITEM_BYTES / 4) === 0);
  t.deepEqual([...numbers], expected);
  t.is(writer.dropped, 5 * TOO_MANY_ITEMS - expected.length);
  closeSync(input);
});

test.serial('OutputWriter ends a file with a whole item when the disk is full', (t) => {
  if (process.geteuid?.() !== 0) {
    if (process.env.CI) t.fail('needs root');
    t.log('skipped: only root may mount a small disk');
    t.pass();
    return;
  }
  const script = 'mount -t tmpfs -o size=64k none "$0" && exec "$1" "$2" "$3" "$0/file"';
  const words = ['-m', 'sh', '-c', script, makeFolder(), process.execPath, COMPILER_FLAG, FULL_DISK];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  t.deepEqual(
    stdout === '' ? stderr : JSON.parse(stdout),
    // 65,536 bytes fit: 65 items and a broken one, which is cut off. The last of 101 items came after the error.
    { code: 'ENOSPC', told: 1, size: 65_000, dropped: 36, accepted: false },
  );
});

test.serial('OutputWriter cuts a broken item off when the disk is full for a large piece', (t) => {
  if (process.geteuid?.() !== 0) {
    if (process.env.CI) t.fail('needs root');
    t.log('skipped: only root may mount a small disk');
    t.pass();
    return;
  }
  const script = 'mount -t tmpfs -o size=640k none "$0" && exec "$1" "$2" "$3" "$0/file" pieces';
  const words = ['-m', 'sh', '-c', script, makeFolder(), process.execPath, COMPILER_FLAG, FULL_DISK];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  // 655,360 bytes fit: 655 items and a broken one.
  const wanted = { code: 'ENOSPC', told: 1, size: 655_000, dropped: 1346, accepted: false };
  t.deepEqual(stdout === '' ? stderr : JSON.parse(stdout), wanted);
});

test.serial('OutputWriter writes a file in order while the kernel writes its pieces', async (t) => {
  const path = join(makeFolder(), 'file');
  const before = openFiles();
  {
    using writer = new OutputWriter(openSync(path, 'w'), true, { meanwhile: true });
    let written = 0;
    // The loop is faster than the kernel, so pieces grow and what waits moves.
    for (let number = 0; number < LARGE_FILE_ITEMS; number++) {
      if (writer.write(makeItem(number))) written += 1;
      if (number % 64 === 0) writer.flushSoon();
      if (number % 5000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    t.is(written, LARGE_FILE_ITEMS);
    // A piece that is smaller than the others, after a pause.
    await new Promise((resolve) => setTimeout(resolve, 500));
    writer.write(makeItem(LARGE_FILE_ITEMS));
    t.true(openedSince(before).some((file) => file.includes('io_uring')) || process.env.CI === undefined);
    writer.finish();
    t.is(writer.dropped, 0);
    t.is(writer.error, undefined);
  }
  const words = new Uint32Array(readFileSync(path).buffer);
  t.is(words.length, ((LARGE_FILE_ITEMS + 1) * ITEM_BYTES) / 4);
  t.is(
    words.findIndex((word, at) => word !== Math.floor((at * 4) / ITEM_BYTES)),
    -1,
  );
  t.deepEqual(openedSince(before), []);
});

test.serial('OutputWriter ends a compressed file with a whole member when the disk is full', (t) => {
  if (process.geteuid?.() !== 0) {
    if (process.env.CI) t.fail('needs root');
    t.log('skipped: only root may mount a small disk');
    t.pass();
    return;
  }
  const script =
    'mount -t tmpfs -o size=64k none "$0" && "$1" "$2" "$3" "$0/file" compressed && gzip -dc "$0/file" | wc -c';
  const words = ['-m', 'sh', '-c', script, makeFolder(), process.execPath, COMPILER_FLAG, FULL_DISK];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  // A member of ten items has 10,023 bytes: six fit, and the seventh is cut off.
  const wanted = { code: 'ENOSPC', told: 1, size: 60_138, dropped: 41, accepted: false };
  t.is(stdout === '' ? stderr : stdout, `${JSON.stringify(wanted)}60000\n`);
});

test.serial('OutputWriter writes whole members at each flush when it has a compressor', (t) => {
  const path = join(makeFolder(), 'file');
  using writer = new OutputWriter(openSync(path, 'w'), true, { compressor: (bytes) => gzipSync(bytes) });
  writer.flush();
  t.is(statSync(path).size, 0, 'nothing is no member');
  for (const item of ['ab', 'c', 'def']) {
    writer.write(Buffer.from(item));
    writer.flush();
  }
  t.is(gunzipSync(readFileSync(path)).toString(), 'abcdef');
  t.is(writer.dropped, 0);
});

test.serial('OutputWriter closes its file when there is no memory for the buffer', (t) => {
  const fd = openSync(join(makeFolder(), 'file'), 'w');
  const limit = (soft: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--as=${soft}:`]);
  const [pages = 0] = readFileSync('/proc/self/statm', 'latin1').split(' ').map(Number);
  // The buffer takes 16 MiB.
  limit(String(pages * PAGE_BYTES + 8 * 1024 * 1024));
  try {
    t.throws(() => new OutputWriter(fd, true, { meanwhile: true }), { code: 'ENOMEM' });
  } finally {
    limit('unlimited');
  }
  t.throws(() => fstatSync(fd), { code: 'EBADF' });
});
