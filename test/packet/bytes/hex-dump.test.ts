import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import { formatAsciiDump, formatHexAsciiDump, formatHexDump } from '../../../src/packet/bytes/hex-dump.js';

const bytes = Uint8Array.from('GET / HTTP/1.1\r\nHost: a\tb\x00\xff~', (character) =>
  character.charCodeAt(0),
);

test('formatHexDump prints what tcpdump -x prints', (t) => {
  t.is(
    formatHexDump(bytes),
    '\t0x0000:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a\n\t0x0010:  486f 7374 3a20 6109 6200 ff7e',
  );
  t.is(formatHexDump(bytes, 1, 4), '\t0x0000:  4554 20');
  t.is(formatHexDump(bytes, 4, 4), '');
});

test('formatHexAsciiDump prints what tcpdump -X prints', (t) => {
  t.is(
    formatHexAsciiDump(bytes),
    '\t0x0000:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a  GET./.HTTP/1.1..\n' +
      '\t0x0010:  486f 7374 3a20 6109 6200 ff7e            Host:.a.b..~',
  );
  t.is(formatHexAsciiDump(bytes, 0, 3), '\t0x0000:  4745 54                                  GET');
});

test('formatHexDump has offsets of five digits beyond 65,535 bytes', (t) => {
  t.true(formatHexDump(new Uint8Array(65537)).endsWith('\n\t0x10000:  00'));
});

test('formatAsciiDump keeps lines and drops carriage returns before newlines', (t) => {
  t.is(formatAsciiDump(bytes), 'GET / HTTP/1.1\nHost: a\tb..~');
  t.is(formatAsciiDump(Uint8Array.from([0x41, 0x0d, 0x42, 0x43])), 'A.BC');
});

test('formatHexDump and formatHexAsciiDump contain every byte of random input', (t) => {
  const slice = fc
    .tuple(fc.uint8Array({ maxLength: 100 }), fc.nat(), fc.nat())
    .map(([all, a, b]) => ({ all, start: Math.min(a, b) % (all.length + 1), end: all.length }));
  fc.assert(
    fc.property(slice, ({ all, start, end }) => {
      const plain = formatHexDump(all, start, end).split('\n');
      const read = plain.map((line) => line.replace(/^\t0x[0-9a-f]{4}: /, '')).join('');
      t.deepEqual(parseHex(read), all.slice(start, end));
      const beside = formatHexAsciiDump(all, start, end).split('\n');
      t.is(beside.length, plain.length);
      for (const [index, line] of beside.entries()) t.true(line.startsWith(plain[index]!));
      const characters = beside.map((line) => line.slice(51)).join('');
      t.is(characters.length, end - start);
      for (const [at, character] of [...characters].entries())
        t.true(character === '.' || character.charCodeAt(0) === all[start + at]);
    }),
    { seed: 5, numRuns: 1000 },
  );
});
