import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { Descriptor, O_RDONLY, O_RDWR } from '../../../src/sys/descriptor.js';
import { MappedMemory } from '../../../src/sys/mapped-memory.js';
import { eventually } from '../deadline.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const directory = mkdtempSync(join(tmpdir(), 'rtap-sys-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const PAGE_BYTES = 4096;

/** A file of `length` zero bytes. */
function makeFile(name: string, length: number): string {
  const path = join(directory, name);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, length);
  closeSync(fd);
  return path;
}

/** Permissions and file of the mapping that holds `address`, as /proc has them. */
function mappingAt(address: number): { permissions: string; path: string } | undefined {
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line);
    if (match === null) continue;
    const [, start, end, permissions, path] = match;
    if (Number.parseInt(start!, 16) > address || Number.parseInt(end!, 16) <= address) continue;
    return { permissions: permissions!, path: path! };
  }
  return undefined;
}

test.serial('MappedMemory.anonymous is zeroed, writable and private', (t) => {
  using memory = MappedMemory.anonymous(3 * PAGE_BYTES);
  t.is(memory.bytes.byteLength, 3 * PAGE_BYTES);
  t.true(memory.bytes.every((byte) => byte === 0));
  t.is(memory.address % PAGE_BYTES, 0);
  memory.bytes[PAGE_BYTES] = 7;
  t.is(memory.bytes[PAGE_BYTES], 7);
  t.is(mappingAt(memory.address)?.permissions, 'rw-p');
});

test.serial('MappedMemory.anonymous has all its pages from the start', (t) => {
  const residentBytes = () => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * PAGE_BYTES;
  const length = 64 * 1024 * 1024;
  const before = residentBytes();
  using memory = MappedMemory.anonymous(length);
  t.true(residentBytes() - before > 0.9 * length, `${memory.bytes.byteLength} mapped`);
});

test.serial('MappedMemory.file shows the same bytes to all that map it', (t) => {
  const path = makeFile('shared', PAGE_BYTES);
  using descriptor = Descriptor.open(path, O_RDWR);
  using first = MappedMemory.file(descriptor.fd, PAGE_BYTES, path);
  using second = MappedMemory.file(descriptor.fd, PAGE_BYTES, path);
  t.not(first.address, second.address);
  first.bytes[5] = 42;
  t.is(second.bytes[5], 42);
  t.is(readFileSync(path)[5], 42);
  t.deepEqual(mappingAt(first.address), { permissions: 'rw-s', path });
});

test.serial('MappedMemory.file outlives the descriptor that it came from', (t) => {
  const path = makeFile('outlived', PAGE_BYTES);
  const descriptor = Descriptor.open(path, O_RDWR);
  using memory = MappedMemory.file(descriptor.fd, PAGE_BYTES, path);
  descriptor[Symbol.dispose]();
  memory.bytes[0] = 1;
  t.is(readFileSync(path)[0], 1);
});

test.serial('MappedMemory.file throws EACCES when the descriptor may only read', (t) => {
  const path = makeFile('refused', PAGE_BYTES);
  using reading = Descriptor.open(path, O_RDONLY);
  t.throws(() => MappedMemory.file(reading.fd, PAGE_BYTES, path), {
    message: `cannot map "${path}": mmap failed with EACCES`,
  });
});

test.serial('MappedMemory.anonymous throws a SystemError when nothing is to be mapped', (t) => {
  t.throws(() => MappedMemory.anonymous(0), { message: 'cannot map "memory": mmap failed with EINVAL' });
});

test.serial('MappedMemory gives its pages back once when it is disposed twice', (t) => {
  const path = makeFile('disposed', PAGE_BYTES);
  using descriptor = Descriptor.open(path, O_RDWR);
  const memory = MappedMemory.file(descriptor.fd, PAGE_BYTES, path);
  const { address } = memory;
  t.is(mappingAt(address)?.path, path);
  memory[Symbol.dispose]();
  t.not(mappingAt(address)?.path, path);
  // The next mapping usually gets the same place. A second munmap would unmap it.
  using next = MappedMemory.file(descriptor.fd, PAGE_BYTES, path);
  memory[Symbol.dispose]();
  t.is(mappingAt(next.address)?.path, path);
});

test.serial('MappedMemory stays mapped while a view can be reached, without its pages', async (t) => {
  const length = 64 * 1024 * 1024;
  const residentBytes = () => Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * PAGE_BYTES;
  let view: Uint8Array | undefined = viewOfDisposed(length);
  const address = lastAddress;
  const before = residentBytes();
  collect();
  await new Promise((resolve) => setTimeout(resolve, 0));
  t.deepEqual(mappingAt(address), { permissions: 'rw-p', path: '' });
  t.is(view.at(-1), 0);
  t.true(residentBytes() < before + length / 2, 'the pages are given back');
  view = undefined;
  await eventually(() => {
    collect();
    return mappingAt(address) === undefined;
  }, 'the addresses to be free');
});

let lastAddress = 0;

function viewOfDisposed(length: number): Uint8Array {
  using memory = MappedMemory.anonymous(length);
  memory.bytes.fill(1);
  lastAddress = memory.address;
  return memory.bytes.subarray(1);
}
