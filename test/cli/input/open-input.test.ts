import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import test from 'ava';
import type { ByteInput } from '../../../src/cli/input/byte-input.js';
import { openInput } from '../../../src/cli/input/open-input.js';
import { StreamInput } from '../../../src/cli/input/stream-input.js';
import { openedSince, openFiles } from '../../open-files.js';
import { makeFolder } from '../../tap/scratch-folder.js';
import { makeConsole } from '../scripted-console.js';

const ONCE = { repeated: false, console: makeConsole() };
const REPEATED = { ...ONCE, repeated: true };

/** All chunks up to the end, joined. */
async function readAll(input: ByteInput): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read())
    chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** More than one chunk of a file. */
const BYTES = Buffer.from(Uint8Array.from({ length: 2_500_000 }, (_, index) => (index * 7) >>> 3));

test.serial('openInput reads a file to its end, and again, when it is rewound', async (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, BYTES);
  const before = openFiles();
  {
    using input = openInput(path, ONCE);
    t.false(input.read() instanceof Promise, 'a file never waits');
    input.rewind();
    for (let pass = 0; pass < 2; pass++) {
      t.is(Buffer.compare(await readAll(input), BYTES), 0);
      t.is(input.read(), undefined);
      input.rewind();
    }
  }
  t.deepEqual(openedSince(before), []);
});

test.serial('openInput knows the length of a file, and ends it when it is cancelled', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, BYTES);
  using input = openInput(path, ONCE);
  t.is(input.byteCount, BYTES.length);
  t.not(input.read(), undefined);
  input.cancel();
  t.is(input.read(), undefined);
  input[Symbol.dispose]();
  t.notThrows(() => input[Symbol.dispose](), 'a second time does nothing');
});

test.serial('openInput ends at once when the file is empty', (t) => {
  const path = join(makeFolder(), 'file');
  writeFileSync(path, '');
  using input = openInput(path, ONCE);
  t.is(input.read(), undefined);
});

test.serial("openInput throws Node's error when there is no such file", (t) => {
  const path = join(makeFolder(), 'missing');
  t.throws(() => openInput(path, ONCE), { code: 'ENOENT' });
});

test.serial('openInput refuses a folder', (t) => {
  const path = makeFolder();
  t.throws(() => openInput(path, ONCE), {
    message: `cannot read "${path}": read failed with EISDIR (it is a directory)`,
  });
});

test.serial(
  'openInput reads a named pipe to its end, and again from memory, when it is repeated',
  async (t) => {
    const folder = makeFolder();
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    writeFileSync(join(folder, 'file'), BYTES);
    const writer = spawn('sh', ['-c', 'cat "$0/file" > "$0/fifo"', folder]);
    const ended = once(writer, 'exit');
    using input = openInput(path, REPEATED);
    t.is(Buffer.compare(await readAll(input), BYTES), 0);
    input.rewind();
    t.is(Buffer.compare(await readAll(input), BYTES), 0);
    t.deepEqual(await ended, [0, null]);
  },
);

test('StreamInput returns each chunk again when it is rewound', async (t) => {
  const chunks = [Buffer.from('ab'), Buffer.from('c'), Buffer.from('def')];
  using input = new StreamInput(Readable.from(chunks), true);
  t.is(input.byteCount, undefined, 'unknown before the end');
  for (let pass = 0; pass < 3; pass++) {
    for (const chunk of chunks) t.deepEqual(Buffer.from((await input.read())!), chunk);
    t.is(await input.read(), undefined);
    input.rewind();
    t.is(input.byteCount, 6);
  }
});

test('StreamInput encodes text when the stream gives strings', async (t) => {
  using input = new StreamInput(Readable.from(['aé', 'b']), false);
  t.is((await readAll(input)).toString(), 'aéb');
});

test('StreamInput passes the error on when the stream fails', async (t) => {
  const fault = new Error('cut');
  const stream = new PassThrough();
  using input = new StreamInput(stream, false);
  stream.destroy(fault);
  t.is(await t.throwsAsync(async () => input.read()), fault);
});

test('StreamInput destroys the stream when it is disposed, so that the process can end', (t) => {
  const stream = new PassThrough();
  new StreamInput(stream, false)[Symbol.dispose]();
  t.true(stream.destroyed);
});
