import test from 'ava';
import fc from 'fast-check';
import { LEASES_MAX, LeaseTable, unreadQueues } from '../../../src/tap/lease/lease-table.js';

interface User {
  readonly name: string;
}

const anna: User = { name: 'anna' };
const ben: User = { name: 'ben' };

test('LeaseTable names the reader of a queue that a second user wants', (t) => {
  const table = new LeaseTable<User>(4);
  t.is(table.conflict(anna, [1, 2]), undefined);
  t.true(table.take(anna, [1, 2]));
  t.deepEqual(table.conflict(ben, [0, 2, 3]), { queue: 2, reader: anna });
  t.is(table.conflict(ben, [0, 3]), undefined);
  t.is(table.conflict(anna, [1]), undefined, 'a user does not conflict with itself');
  t.deepEqual(table.unread, [0, 3]);
});

test('LeaseTable ends the lease of all queues of a user at once', (t) => {
  const table = new LeaseTable<User>(4);
  table.take(anna, [0, 1]);
  table.take(anna, [1, 3]);
  t.deepEqual(table.queuesOf(anna), [0, 1, 3]);
  t.true(table.release(anna));
  t.false(table.release(anna));
  t.deepEqual([table.unread, table.users, table.queuesOf(anna)], [[0, 1, 2, 3], [], []]);
});

test('LeaseTable counts a shared queue as read until its last reader leaves', (t) => {
  const table = new LeaseTable<User>(1);
  table.take(anna, [0]);
  table.take(ben, [0]);
  table.release(anna);
  t.deepEqual(table.unread, []);
  t.deepEqual(table.conflict(anna, [0]), { queue: 0, reader: ben });
  table.release(ben);
  t.deepEqual(table.unread, [0]);
});

test('LeaseTable refuses a lease over LEASES_MAX, and has room again after a release', (t) => {
  const table = new LeaseTable<User>(128);
  const all = Array.from({ length: 128 }, (_, number) => number);
  const users = Array.from({ length: LEASES_MAX / 128 }, (_, index) => ({ name: String(index) }));
  for (const user of users) t.true(table.take(user, all));
  t.false(table.take(anna, [0]));
  t.true(table.take(users[0]!, all), 'queues that the user has already');
  table.release(users[0]!);
  t.true(table.take(anna, [0]));
});

test('unreadQueues returns the queues that are in no lease', (t) => {
  t.deepEqual(unreadQueues(4, [[0], [0, 2]]), [1, 3]);
  t.deepEqual(unreadQueues(0, []), []);
});

test('LeaseTable agrees with a list of all leases after random steps', (t) => {
  const users = [anna, ben, { name: 'cleo' }];
  const step = fc.record({
    user: fc.integer({ min: 0, max: 2 }),
    queues: fc.uniqueArray(fc.integer({ min: 0, max: 7 })),
    release: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const table = new LeaseTable<User>(8);
      const model = new Map<User, Set<number>>();
      for (const { user: index, queues, release } of steps) {
        const user = users[index]!;
        if (release) {
          t.is(table.release(user), model.delete(user));
        } else {
          const others = [...model].filter(([reader]) => reader !== user);
          const free = queues.every((queue) => others.every(([, taken]) => !taken.has(queue)));
          t.is(table.conflict(user, queues) === undefined, free);
          table.take(user, queues);
          if (queues.length > 0) model.set(user, new Set([...(model.get(user) ?? []), ...queues]));
        }
        for (const user of users)
          t.deepEqual(
            table.queuesOf(user),
            [...(model.get(user) ?? [])].sort((a, b) => a - b),
          );
      }
    }),
  );
});
