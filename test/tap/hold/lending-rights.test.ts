import test from 'ava';
import {
  type Borrower,
  type LendingRules,
  type Right,
  rightOf,
} from '../../../src/tap/hold/lending-rights.js';

const ALICE: Borrower = { uid: 1000, gid: 1000, groups: [1000, 50] };

const ROWS: readonly (readonly [what: string, borrower: Borrower, rules: LendingRules, right: Right])[] = [
  ['root', { uid: 0, gid: 0, groups: [] }, { uid: 1000 }, 'everything'],
  ["the holder's user", ALICE, { uid: 1000 }, 'everything'],
  ['another user', ALICE, { uid: 0 }, 'nothing'],
  ['a member of the group', ALICE, { uid: 0, group: 50 }, 'borrowing'],
  [
    'a member of the group by the primary one',
    { ...ALICE, groups: [] },
    { uid: 0, group: 1000 },
    'borrowing',
  ],
  ['a user that is no member of the group', ALICE, { uid: 0, group: 51 }, 'nothing'],
  ["the device's owner", ALICE, { uid: 0, deviceOwner: 1000 }, 'borrowing'],
  ['a user that is not the owner', ALICE, { uid: 0, deviceOwner: 1001 }, 'nothing'],
  ["a member of the device's group", ALICE, { uid: 0, deviceGroup: 50 }, 'borrowing'],
  [
    'an owner that is no member of the group',
    ALICE,
    { uid: 0, deviceOwner: 1000, deviceGroup: 51 },
    'nothing',
  ],
  [
    'a member of the group that is not the owner',
    ALICE,
    { uid: 0, deviceOwner: 1001, deviceGroup: 50 },
    'nothing',
  ],
  [
    'an owner that is a member of the group',
    ALICE,
    { uid: 0, deviceOwner: 1000, deviceGroup: 50 },
    'borrowing',
  ],
  [
    'a user of another user namespace, with the uid of the holder here',
    { uid: 65_534, gid: 65_534, groups: [] },
    { uid: 65_534, group: 65_534, unmappedUid: 65_534 },
    'nothing',
  ],
  [
    'the user nobody, if no uid stands for users of other namespaces',
    { uid: 65_534, gid: 65_534, groups: [] },
    { uid: 65_534 },
    'everything',
  ],
];

for (const [what, borrower, rules, right] of ROWS) {
  test(`rightOf gives ${right} to ${what}`, (t) => {
    t.is(rightOf(borrower, rules), right);
  });
}
