import test from 'ava';
import { linkFlagNames } from '../../src/netlink/link-flags.js';

test("linkFlagNames returns ip's words in ip's order when flags are set", (t) => {
  const rows: readonly (readonly [flags: number, names: string])[] = [
    [0, ''],
    [0x8, 'LOOPBACK'],
    [0x49, 'LOOPBACK UP'],
    [0x10049, 'LOOPBACK UP LOWER_UP'],
    [0x1003, 'NO-CARRIER BROADCAST MULTICAST UP'],
    [0x11043, 'BROADCAST MULTICAST UP LOWER_UP'],
    [0x11343, 'BROADCAST MULTICAST ALLMULTI PROMISC UP LOWER_UP'],
    [0x10d1, 'POINTOPOINT MULTICAST NOARP UP'],
    [0x80000, '80000'],
    [0x80000001 | 0, 'NO-CARRIER UP 80000000'],
  ];
  for (const [flags, names] of rows) t.is(linkFlagNames(flags).join(' '), names);
});

test('linkFlagNames has a name when the flag is one of the 19, except RUNNING', (t) => {
  t.is(linkFlagNames(0x7ffff).length, 18);
});
