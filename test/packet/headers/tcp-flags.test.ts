import test from 'ava';
import { formatTcpFlags, parseTcpFlags, TCP_FLAG_NAMES } from '../../../src/packet/headers/tcp-flags.js';

for (const [text, flags] of [
  ['none', 0],
  ['syn', 0x02],
  ['SYN,ack', 0x12],
  ['S.', 0x12],
  ['SA', 0x12],
  ['FSRPAUEC', 0xff],
  ['W', 0x80],
] as const) {
  test(`parseTcpFlags reads ${text}`, (t) => t.is(parseTcpFlags(text), flags));
}

test('formatTcpFlags writes each combination so that parseTcpFlags reads it', (t) => {
  t.is(formatTcpFlags(0xff), 'FSRP.UEW');
  for (let flags = 0; flags <= 0xff; flags++) t.is(parseTcpFlags(formatTcpFlags(flags)), flags);
});

test('parseTcpFlags reads each flag by its name, in the order of the bits', (t) => {
  t.deepEqual(
    TCP_FLAG_NAMES.map(parseTcpFlags),
    [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => 1 << bit),
  );
});

test('parseTcpFlags refuses what is no flag', (t) => {
  for (const text of ['', 'SX', 'syn,', 'sy']) t.throws(() => parseTcpFlags(text), { instanceOf: TypeError });
});
