import test from 'ava';
import fc from 'fast-check';
import { formatHex, formatHexByte, parseHex } from '../../../src/packet/bytes/hex.js';

const rows: readonly (readonly [text: string, bytes: readonly number[]])[] = [
  ['', []],
  [' \n\t:-', []],
  ['00ff', [0x00, 0xff]],
  ['0x00ff', [0x00, 0xff]],
  ['0X12 0x34', [0x12, 0x34]],
  ['de:ad-be ef\n01', [0xde, 0xad, 0xbe, 0xef, 0x01]],
  ['DEADbeef', [0xde, 0xad, 0xbe, 0xef]],
];

for (const [text, bytes] of rows) {
  test(`parseHex reads ${JSON.stringify(text)}`, (t) => t.deepEqual([...parseHex(text)], [...bytes]));
}

const refusals: readonly (readonly [text: string, fact: string])[] = [
  ['0g', '"g" at position 2 is not hexadecimal'],
  ['00 z1', '"z" at position 4 is not hexadecimal'],
  ['123', 'the digit at position 3 has no partner: hexadecimal digits come in pairs'],
  ['1 23', 'the digit at position 1 has no partner: hexadecimal digits come in pairs'],
  ['00x1', '"x" at position 3 is not hexadecimal'],
  ['€1', '"€" at position 1 is not hexadecimal'],
  ['0😀', '"😀" at position 2 is not hexadecimal'],
];

for (const [text, fact] of refusals) {
  test(`parseHex refuses ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parseHex(text), { instanceOf: TypeError, message: `cannot parse "${text}": ${fact}` });
  });
}

test('parseHex shortens what it quotes', (t) => {
  const error = t.throws(() => parseHex(`${'00'.repeat(5000)}x`));
  t.true(error.message.length < 120);
});

test('formatHex and parseHex are inverse', (t) => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => t.deepEqual(parseHex(formatHex(bytes)), bytes)));
});

test('formatHex agrees with Buffer on every range', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(20), fc.nat(20), (bytes, start, length) => {
      const end = Math.min(bytes.length, start + length);
      t.is(
        formatHex(bytes, start, end),
        Buffer.from(bytes).toString('hex', Math.min(start, bytes.length), end),
      );
    }),
  );
});

test('formatHexByte pads', (t) => {
  t.is(formatHexByte(0), '00');
  t.is(formatHexByte(255), 'ff');
});
