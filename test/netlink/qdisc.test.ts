import test from 'ava';
import { MalformedError } from '../../src/errors.js';
import { MessageCursor } from '../../src/netlink/message.js';
import { decodeQdisc, type Qdisc } from '../../src/netlink/qdisc.js';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';

/** RTM_NEWQDISC of Linux 6.18 on x86-64, byte for byte: a tbf of which `tc -s` says `dropped 182`. */
const CAPTURED_TBF = Uint8Array.from(
  Buffer.from(
    `bc0000002400020001000000690e0000000000000200000000002880ffffffff0200000008000100746266002c000200
     280001000001000000000000e8030000000000000000000000000000b80b000040787d010000000005000c0000000000
     3000070014000100f8060000000000000800000000000000180003000d000000160b0000b600000000000000c5000000
     2c000300f80600000000000008000000b6000000c500000000000000000000000d000000160b000000000000`.replaceAll(
      /\s/g,
      '',
    ),
    'hex',
  ),
);
const LENGTH_BYTES = 4;

function decode(bytes: Uint8Array): Qdisc {
  const cursor = new MessageCursor(bytes);
  cursor.next();
  return decodeQdisc(cursor);
}

test('decodeQdisc reads kind, handle and drops when the message is a captured one', (t) => {
  t.deepEqual(decode(CAPTURED_TBF), {
    ifindex: 2,
    kind: 'tbf',
    handle: 0x80280000,
    root: true,
    dropped: 182,
  });
});

test('decodeQdisc throws a MalformedError or returns a qdisc when the message is cut at any byte', (t) => {
  for (let length = 16; length < CAPTURED_TBF.length; length++) {
    const cut = CAPTURED_TBF.slice(0, length);
    new DataView(cut.buffer).setUint32(0, length, LITTLE_ENDIAN);
    try {
      t.true(decode(cut).dropped <= 182);
    } catch (error) {
      t.true(error instanceof MalformedError, String(error));
    }
  }
  t.throws(() => decode(CAPTURED_TBF.slice(0, LENGTH_BYTES)), { instanceOf: MalformedError });
});
