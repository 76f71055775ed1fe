import { execFileSync } from 'node:child_process';
import test from 'ava';
import { groupId, groupName, userId, userName } from '../../../src/sys/accounts.js';

/** Names and numbers by getent(1): `name:password:number:…`. */
function accounts(database: 'passwd' | 'group', ...keys: readonly string[]): [name: string, id: number][] {
  const lines = execFileSync('getent', [database, ...keys], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  return lines.map((line) => line.split(':')).map(([name, , id]) => [name!, Number(id)]);
}

test('userId and userName agree with getent about root', (t) => {
  t.deepEqual(accounts('passwd', 'root'), [['root', userId('root')!]]);
  t.is(userName(0), 'root');
});

test('userId agrees with getent about every user', (t) => {
  const users = accounts('passwd');
  t.true(users.length > 5);
  for (const [name, id] of users) t.is(userId(name), id, name);
});

test('groupId agrees with getent about every group', (t) => {
  const groups = accounts('group');
  t.true(groups.length > 5);
  for (const [name, id] of groups) t.is(groupId(name), id, name);
});

test('userName and groupName give a name back when its number is its own', (t) => {
  t.is(userId(userName(1)!), 1);
  t.is(groupId(groupName(1)!), 1);
  t.is(userName(userId('nobody')!), 'nobody');
});

test('accounts are undefined when there is none', (t) => {
  t.is(userId('no-such-user'), undefined);
  t.is(groupId('no-such-group'), undefined);
  t.is(userName(0x7fff_fff0), undefined);
  t.is(groupName(0x7fff_fff0), undefined);
});

test('userName knows the largest uid as a number without sign', (t) => {
  t.is(userName(0xffff_fffe), undefined);
});
