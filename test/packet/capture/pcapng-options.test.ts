import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { PcapngOptions } from '../../../src/packet/capture/pcapng-options.js';

function readAll(bytes: Uint8Array, littleEndian = true): { list: [number, number[]][]; overrun: boolean } {
  const options = new PcapngOptions();
  options.reset(new DataView(bytes.buffer), littleEndian, 0, bytes.length);
  const list: [number, number[]][] = [];
  while (options.next())
    list.push([options.code, [...bytes.subarray(options.offset, options.offset + options.length)]]);
  return { list, overrun: options.overrun };
}

const LIST = '0200 0300 61626300 0900 0100 09000000 0000 0000';

test('PcapngOptions reads options up to the end mark', (t) => {
  const wanted = {
    list: [
      [2, [0x61, 0x62, 0x63]],
      [9, [9]],
    ],
    overrun: false,
  };
  t.deepEqual(readAll(parseHex(LIST)), wanted);
  t.deepEqual(readAll(parseHex(`${LIST} 0300 0100 ff000000`)), wanted);
  t.deepEqual(readAll(parseHex(LIST.slice(0, -9))), wanted);
  t.deepEqual(readAll(parseHex('0002 0003 61626300 0009 0001 09000000'), false), wanted);
});

test('PcapngOptions stays inside at every truncation', (t) => {
  const bytes = parseHex(LIST);
  for (let length = 0; length < bytes.length; length++) {
    const { list, overrun } = readAll(bytes.slice(0, length));
    t.is(list.length, length < 7 ? 0 : length < 13 ? 1 : 2);
    t.is(overrun, (length >= 4 && length < 7) || length === 12);
  }
});

test('PcapngOptions ends on any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, littleEndian) => {
      t.true(readAll(Uint8Array.from(bytes), littleEndian).list.length <= bytes.length / 4);
    }),
  );
});
