import test from 'ava';
import { describeMissed, isHelpedByLongerQueue } from '../../../src/cli/device/missed-packets.js';

const FILTER = 'io0 has an address filter, and what it drops counts as missed';
const CAUSE = 'missed (dropped by the kernel before rtap could read them)';

test('describeMissed names queues without a reader and an address filter, if packets were missed', (t) => {
  const name = 'io0';
  t.is(describeMissed({ name, missed: 3, unread: [] }), CAUSE);
  t.is(describeMissed({ name, missed: 3, unread: undefined, filtered: false }), CAUSE);
  t.is(describeMissed({ name, missed: 0, unread: [1], filtered: true }), CAUSE);
  t.is(describeMissed({ name, missed: 3, unread: [], filtered: true }), `${CAUSE}; ${FILTER}`);
  t.is(
    describeMissed({ name, missed: 3, unread: [0, 1, 3], filtered: true }),
    `missed on io0; queues 0-1,3 have no reader; ${FILTER}`,
  );
  t.is(describeMissed({ name, missed: 3, unread: [], filtered: true }, 'gone'), `missed (gone); ${FILTER}`);
});

test('a longer queue helps against full queues alone', (t) => {
  t.true(isHelpedByLongerQueue({ missed: 1, unread: [] }));
  t.false(isHelpedByLongerQueue({ missed: 0, unread: [] }));
  t.false(isHelpedByLongerQueue({ missed: 1, unread: [0] }));
  t.false(isHelpedByLongerQueue({ missed: 1, unread: undefined }));
  t.false(isHelpedByLongerQueue({ missed: 1, unread: [], filtered: true }));
});
