import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
  decodeSteeringRecord,
  readSteeringRecord,
  type SteeringRecord,
  writeSteeringRecord,
} from '../../../src/tap/steer/steering-record.js';
import { makeFolder } from '../scratch-folder.js';

const RECORDS: readonly SteeringRecord[] = [
  { rule: { by: 'flow', else: 'flow' }, program: 7 },
  { rule: { by: 'vlan', else: 3 }, program: 2 ** 32 - 1 },
  { rule: { by: 'dst-ip', map: '10.0.0.0/8=0-3,::1=2', else: 'flow' }, program: 1 },
];

test('a record is read as it was written, and nothing is read after it was removed', (t) => {
  const folder = makeFolder();
  t.is(readSteeringRecord(folder), undefined);
  for (const record of RECORDS) {
    writeSteeringRecord(folder, record);
    t.deepEqual(readSteeringRecord(folder), record);
  }
  writeSteeringRecord(folder, undefined);
  t.is(readSteeringRecord(folder), undefined);
  writeSteeringRecord(folder, undefined);
});

test('nonsense in the file is no record', (t) => {
  const folder = makeFolder();
  for (const text of ['', '{', '[]', 'null', '7', '{"by":"moon","else":"flow","program":1}']) {
    writeFileSync(join(folder, 'steering.json'), text);
    t.is(readSteeringRecord(folder), undefined, text);
  }
});

test('decodeSteeringRecord refuses what is no rule', (t) => {
  const good = { by: 'dst-port', map: '53=1', else: 'flow', program: 1 };
  t.truthy(decodeSteeringRecord(good));
  const bad = [
    { by: 1 },
    { map: 53 },
    { map: '53' },
    { map: '\u001b[31m=1' },
    { map: '53=1\n' },
    { map: '53=1,\u202854=1' },
    { else: 'other' },
    { else: 256 },
    { else: Number.NaN },
    { program: '1' },
    { program: 1.5 },
    { by: 'flow' },
  ];
  for (const change of bad)
    t.is(decodeSteeringRecord({ ...good, ...change }), undefined, JSON.stringify(change));
});
