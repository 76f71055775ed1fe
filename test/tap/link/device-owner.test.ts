import test from 'ava';
import { isMapped, ownerOfNew } from '../../../src/tap/link/device-owner.js';

test('ownerOfNew returns the caller when neither owner nor group is given', (t) => {
  t.deepEqual(ownerOfNew({}), { owner: process.geteuid!() });
  t.deepEqual(ownerOfNew({ owner: 7 }), { owner: 7, group: undefined });
  t.deepEqual(ownerOfNew({ group: 7 }), { owner: undefined, group: 7 });
  t.deepEqual(ownerOfNew({ owner: 7, group: 8 }), { owner: 7, group: 8 });
});

const maps: readonly (readonly [map: string, mapped: readonly number[], unmapped: readonly number[]])[] = [
  ['         0          0 4294967295\n', [0, 1000, 65_534, 4_294_967_294], [4_294_967_295]],
  ['         0       1000          1\n', [0], [1, 1000, 65_534]],
  ['0 1000 1\n1 100000 65536\n', [0, 1, 65_536], [65_537]],
  ['1000 1000 2\n', [1000, 1001], [0, 999, 1002]],
  ['', [], [0, 65_534]],
];

for (const [map, mapped, unmapped] of maps) {
  test(`isMapped is true for the mapped numbers when the map is ${JSON.stringify(map)}`, (t) => {
    for (const id of mapped) t.true(isMapped(id, map), String(id));
    for (const id of unmapped) t.false(isMapped(id, map), String(id));
  });
}
