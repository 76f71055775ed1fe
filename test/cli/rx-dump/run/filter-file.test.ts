import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readFilterFile } from '../../../../src/cli/rx-dump/run/filter-file.js';
import { FILTER_BYTES_MAX, FilterProgram } from '../../../../src/sys/libpcap.js';

const directory = mkdtempSync(join(tmpdir(), 'rtap-filter-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const FILE_BYTES_MAX = 1024 * 1024;

test('readFilterFile reads a file of the largest size, and leaves comments out', (t) => {
  const path = join(directory, 'largest');
  writeFileSync(path, `tcp # ${'x'.repeat(FILE_BYTES_MAX - 7)}\n`);
  t.is(readFilterFile(path), 'tcp');
});

test('readFilterFile reads no more than the largest file of a device without an end', (t) => {
  const before = process.memoryUsage().rss;
  t.throws(() => readFilterFile('/dev/zero'), {
    instanceOf: RangeError,
    message: 'cannot read filter "/dev/zero": at most 1048576 bytes are possible',
  });
  t.true(process.memoryUsage().rss - before < 64 * FILE_BYTES_MAX);
});

test('readFilterFile reads no more than the largest file of a pipe without an end', (t) => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', `exec cat /dev/zero > ${path}`], { stdio: 'ignore' });
  try {
    t.throws(() => readFilterFile(path), { instanceOf: RangeError });
  } finally {
    writer.kill();
  }
});

test('FilterProgram.compile throws a RangeError when a filter is longer than its stack can hold', (t) => {
  const part = 'ip[0]=1 or ';
  const longest = `${part.repeat(Math.floor((FILTER_BYTES_MAX - 2) / part.length))}ip`.padEnd(
    FILTER_BYTES_MAX,
  );
  using program = FilterProgram.compile(longest);
  t.false(program.accepts(new Uint8Array(64), 64));
  t.throws(() => FilterProgram.compile(`${longest} `), {
    instanceOf: RangeError,
    message: /^cannot use filter "ip\[0\]=1 or .*\.\.\.": it has 32769 bytes, at most 32768 are possible$/,
  });
});
