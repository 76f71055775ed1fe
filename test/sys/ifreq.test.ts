import test from 'ava';
import {
  encodeIfreq,
  IFNAMSIZ,
  IFREQ_FLAGS,
  ifreqFlags,
  ifreqName,
  ifreqSize,
  setIfreqFlags,
} from '../../src/sys/ifreq.js';
import { HOST } from '../../src/sys/platform.js';

test('encodeIfreq writes a name and pads it with zeros', (t) => {
  const view = encodeIfreq('io0');
  const golden = new Uint8Array(ifreqSize(HOST.pointerBytes));
  golden.set([0x69, 0x6f, 0x30]);
  t.deepEqual(new Uint8Array(view.buffer), golden);
  t.is(ifreqName(view), 'io0');
});

for (const name of ['', 'a', 'tap%d', 'abcdefghijklmno', 'größe']) {
  test(`ifreqName reads what encodeIfreq wrote when the name is "${name}"`, (t) => {
    t.is(ifreqName(encodeIfreq(name)), name);
  });
}

test('encodeIfreq keeps a zero byte at the end when the name is too long', (t) => {
  t.is(ifreqName(encodeIfreq('abcdefghijklmnopq')), 'abcdefghijklmno');
});

test('ifreqName ends at the field when the kernel wrote no zero byte', (t) => {
  const view = encodeIfreq('');
  new Uint8Array(view.buffer).fill(0x61, 0, IFNAMSIZ + 2);
  t.is(ifreqName(view), 'a'.repeat(IFNAMSIZ));
});

test('setIfreqFlags and ifreqFlags use 16 bits without sign, beside the name', (t) => {
  const view = encodeIfreq('io0');
  setIfreqFlags(view, 0xd102);
  t.is(ifreqFlags(view), 0xd102);
  t.is(ifreqName(view), 'io0');
  const golden = HOST.littleEndian ? [0x02, 0xd1] : [0xd1, 0x02];
  t.deepEqual([...new Uint8Array(view.buffer, IFREQ_FLAGS, 2)], golden);
});
