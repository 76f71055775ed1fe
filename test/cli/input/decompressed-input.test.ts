import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import test from 'ava';
import type { ByteInput } from '../../../src/cli/input/byte-input.js';
import { DecompressedInput } from '../../../src/cli/input/decompressed-input.js';
import { openInput } from '../../../src/cli/input/open-input.js';
import { StreamInput } from '../../../src/cli/input/stream-input.js';
import { MalformedError } from '../../../src/errors.js';
import { makeFolder } from '../../tap/scratch-folder.js';
import { makeConsole } from '../scripted-console.js';

const BYTES = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >>> 5));

/** What comes before the end or an error. */
async function readAll(input: ByteInput): Promise<{ bytes: Buffer; error: unknown }> {
  const chunks: Buffer[] = [];
  try {
    for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read())
      chunks.push(Buffer.from(chunk));
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  return { bytes: Buffer.concat(chunks), error: undefined };
}

function streamOf(bytes: Uint8Array, chunkBytes: number): StreamInput {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  return new StreamInput(Readable.from(chunks), true);
}

test('DecompressedInput reads gzip data and plain data in chunks of any size, and again', async (t) => {
  const plain = BYTES.subarray(0, 20_000);
  const zipped = zlib.gzipSync(plain);
  for (const [bytes, sizes] of [
    [zipped, [1, 7, 5000, 1_000_000]],
    [Buffer.concat([zipped, zlib.gzipSync('more')]), [5000]],
    [plain, [1, 5000]],
    [Buffer.of(0x1f), [1]],
    [Buffer.alloc(0), [1]],
  ] as const) {
    for (const size of sizes) {
      using input = new DecompressedInput(streamOf(bytes, size), 'x');
      const { bytes: first, error } = await readAll(input);
      t.is(error, undefined);
      const more = bytes.length > zipped.length && bytes[0] === 0x1f ? 'more' : '';
      const wanted = bytes[1] === 0x8b ? Buffer.concat([plain, Buffer.from(more)]) : bytes;
      t.is(Buffer.compare(first, wanted), 0, `${bytes.length} by ${size}`);
      input.rewind();
      t.is(Buffer.compare((await readAll(input)).bytes, wanted), 0, 'again');
    }
  }
});

/** Compresses with zstd; undefined if this Node cannot. */
function zstd(bytes: Uint8Array): Buffer | undefined {
  return 'zstdCompressSync' in zlib && typeof zlib.zstdCompressSync === 'function'
    ? zlib.zstdCompressSync(bytes)
    : undefined;
}

test('DecompressedInput reads zstd data of several frames, or says that this Node cannot', async (t) => {
  const frames = [zstd(BYTES), zstd(Buffer.from('more')), zstd(Buffer.alloc(0))];
  if (frames.includes(undefined)) {
    using input = new DecompressedInput(streamOf(Buffer.from('28b52ffd0058190000616263', 'hex'), 1), 'x.zst');
    const { error } = await readAll(input);
    t.is(
      (error as Error).message,
      `cannot read capture "x.zst": it is compressed by zstd, which this Node (${process.version}) cannot read; zstd -dc FILE | rtap ... -r - reads it`,
    );
    return;
  }
  const skippable = Buffer.from('502a4d1803000000aabbcc', 'hex');
  const zipped = Buffer.concat([frames[0]!, skippable, frames[1]!, frames[2]!, frames[1]!]);
  const wanted = Buffer.concat([BYTES, Buffer.from('moremore')]);
  for (const size of [1, 7, 5000, 1_000_000]) {
    using input = new DecompressedInput(streamOf(zipped, size), 'x');
    for (const _pass of [1, 2]) {
      const { bytes, error } = await readAll(input);
      t.is(error, undefined);
      t.is(Buffer.compare(bytes, wanted), 0, String(size));
      input.rewind();
    }
  }
  for (const length of [5, 1000, frames[0]!.length - 1, frames[0]!.length + 20]) {
    using input = new DecompressedInput(streamOf(zipped.subarray(0, length), 1000), 'x.zst');
    const { bytes, error } = await readAll(input);
    t.is((error as Error).message, 'cannot read capture "x.zst": its zstd data is cut', String(length));
    t.is(Buffer.compare(bytes, BYTES.subarray(0, bytes.length)), 0);
  }
  using input = new DecompressedInput(streamOf(Buffer.concat([zipped, Buffer.from('rubbish')]), 1000), 'x');
  const { bytes, error } = await readAll(input);
  t.is(Buffer.compare(bytes, wanted), 0);
  t.regex((error as Error).message, /its zstd data is corrupt \(no frame begins behind a frame\)/);
});

test('openInput decompresses a file by its content, whatever its name', async (t) => {
  const path = join(makeFolder(), 'plain-name');
  writeFileSync(path, zlib.gzipSync(BYTES));
  using input = openInput(path, { repeated: true, console: makeConsole() });
  for (let pass = 0; pass < 2; pass++) {
    t.is(Buffer.compare((await readAll(input)).bytes, BYTES), 0);
    t.is(input.byteCount, undefined);
    input.rewind();
  }
});

test('DecompressedInput gives what comes before a fault, then throws a MalformedError', async (t) => {
  const zipped = zlib.gzipSync(BYTES);
  for (let length = 2; length < zipped.length; length += Math.ceil(zipped.length / 50)) {
    using input = new DecompressedInput(streamOf(zipped.subarray(0, length), 1000), 'x.gz');
    const { bytes, error } = await readAll(input);
    t.true(error instanceof MalformedError, String(length));
    t.is((error as Error).message, 'cannot read capture "x.gz": its gzip data is cut');
    t.is(Buffer.compare(bytes, BYTES.subarray(0, bytes.length)), 0);
  }
  using cut = new DecompressedInput(streamOf(zipped.subarray(0, -8), 1000), 'x');
  t.is((await readAll(cut)).bytes.length, BYTES.length);
  const wrong = Buffer.from(zipped);
  wrong[wrong.length - 8]! ^= 1;
  using corrupt = new DecompressedInput(streamOf(wrong, 1000), 'x');
  const { bytes, error } = await readAll(corrupt);
  t.is(Buffer.compare(bytes, BYTES.subarray(0, bytes.length)), 0);
  t.true(bytes.length > 0);
  t.is((error as Error).message, 'cannot read capture "x": its gzip data is corrupt (incorrect data check)');
});

test('DecompressedInput ends a read that waits when it is cancelled', async (t) => {
  const stream = new PassThrough();
  using input = new DecompressedInput(new StreamInput(stream, false), 'x');
  stream.write(zlib.gzipSync(BYTES).subarray(0, 100));
  let last: Uint8Array | undefined = Buffer.alloc(0);
  setTimeout(() => input.cancel(), 20);
  while (last !== undefined) last = await input.read();
  t.pass();
});
