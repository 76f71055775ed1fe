import test from 'ava';
import { isTrustedUser, unmappedUid } from '../../../src/tap/state/trusted-user.js';

test('unmappedUid returns the overflow uid unless the user namespace maps every uid', (t) => {
  t.is(unmappedUid('         0          0 4294967295\n', '65534\n'), undefined);
  t.is(unmappedUid('         0       1000          1\n', '65534\n'), 65_534);
  t.is(unmappedUid('', '12\n'), 12);
});

test('isTrustedUser trusts root and the user of this process alone', (t) => {
  t.true(isTrustedUser(0));
  t.true(isTrustedUser(process.geteuid!()));
  t.false(isTrustedUser(process.geteuid!() + 1));
});
