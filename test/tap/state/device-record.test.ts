import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { readDeviceRecord, writeDeviceRecord } from '../../../src/tap/state/device-record.js';
import { openDeviceDirectory } from '../../../src/tap/state/runtime-directory.js';
import { makeFolder } from '../scratch-folder.js';

process.env.RTAP_RUNTIME_DIR = makeFolder();

const IFINDEX = 7;
const folder = openDeviceDirectory(IFINDEX, {})!;
const path = join(folder, 'device.json');

test.serial.beforeEach(() => rmSync(path, { recursive: true, force: true }));

test.serial('readDeviceRecord returns what writeDeviceRecord stored when the folder is found', (t) => {
  for (const queues of [1, 4, 256]) {
    writeDeviceRecord(folder, { queues });
    t.deepEqual(readDeviceRecord(IFINDEX), { queues });
  }
  // By the inode of the namespace gc learns later whether it is gone.
  const { ino } = statSync('/proc/self/ns/net');
  t.is(readFileSync(path, 'utf8'), `{"queues":256,"netns":${ino}}`);
  writeDeviceRecord(folder, { queues: 2, napi: true });
  t.deepEqual(readDeviceRecord(IFINDEX), { queues: 2, napi: true });
  writeDeviceRecord(folder, { queues: 2, napi: false });
  t.deepEqual(readDeviceRecord(IFINDEX), { queues: 2 });
});

test.serial('readDeviceRecord is undefined when nothing is stored of the device', (t) => {
  t.is(readDeviceRecord(IFINDEX), undefined);
  t.is(readDeviceRecord(IFINDEX + 1), undefined);
});

test.serial('readDeviceRecord ignores members when it does not know them', (t) => {
  writeFileSync(path, '{"maker":"a later rtap","queues":3}');
  t.deepEqual(readDeviceRecord(IFINDEX), { queues: 3 });
  for (const strange of ['1', '"true"', 'null', '[true]']) {
    writeFileSync(path, `{"queues":3,"napi":${strange}}`);
    t.deepEqual(readDeviceRecord(IFINDEX), { queues: 3 });
  }
});

const hostile = [
  '',
  '{',
  'null',
  '3',
  '"queues"',
  '[]',
  '[3]',
  '{}',
  '{"queues":null}',
  '{"queues":"4"}',
  '{"queues":[4]}',
  '{"queues":0}',
  '{"queues":-1}',
  '{"queues":1.5}',
  '{"queues":257}',
  '{"queues":1e999}',
  '{"queues":{"valueOf":3}}',
  '{"__proto__":{"queues":3}}',
  '\0',
  '['.repeat(100_000),
];

for (const [row, text] of hostile.entries()) {
  test.serial(`readDeviceRecord is undefined when the file holds hostile row ${row}`, (t) => {
    writeFileSync(path, text);
    t.is(readDeviceRecord(IFINDEX), undefined);
  });
}

test.serial('readDeviceRecord is undefined when the file is cut at any byte', (t) => {
  const whole = '{"queues":12}';
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.slice(0, length));
    t.is(readDeviceRecord(IFINDEX), undefined);
  }
});

test.serial('readDeviceRecord neither throws nor returns impossible numbers when the JSON is random', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.dictionary(fc.constant('queues'), fc.jsonValue())), (value) => {
      writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
      const queues = readDeviceRecord(IFINDEX)?.queues ?? 1;
      return Number.isInteger(queues) && queues >= 1 && queues <= 256;
    }),
    { seed: 1, numRuns: 50 },
  );
  t.pass();
});

test.serial('readDeviceRecord is undefined when a folder, a link, a pipe or a huge file lies there', (t) => {
  mkdirSync(path);
  t.is(readDeviceRecord(IFINDEX), undefined);
  rmSync(path, { recursive: true });
  writeFileSync(join(folder, 'elsewhere'), '{"queues":3}');
  symlinkSync('elsewhere', path);
  t.is(readDeviceRecord(IFINDEX), undefined);
  rmSync(path);
  execFileSync('mkfifo', [path]);
  t.is(readDeviceRecord(IFINDEX), undefined, 'and it does not wait for a writer');
  rmSync(path);
  writeFileSync(path, '{"queues":3}');
  truncateSync(path, 2 ** 40);
  t.is(readDeviceRecord(IFINDEX), undefined);
});
