import test from 'ava';
import fc from 'fast-check';
import { parseHex } from '../../../src/packet/bytes/hex.js';
import {
  isVlanEtherType,
  NO_NETWORK_HEADER,
  networkOffset,
} from '../../../src/packet/headers/ethernet-header.js';

const STATIONS = '020000000002 020000000001';

const rows: readonly (readonly [what: string, hex: string, offset: number])[] = [
  ['an untagged frame', `${STATIONS} 0800`, 14],
  ['one tag', `${STATIONS} 8100 0007 0800`, 18],
  ['two tags', `${STATIONS} 88a8 0064 8100 0007 86dd`, 22],
  ['old tags', `${STATIONS} 9100 0064 9200 0007 86dd`, 22],
  ['an 802.3 frame', `${STATIONS} 0026`, 14],
  ['a cut header', `${STATIONS} 08`, NO_NETWORK_HEADER],
  ['a cut tag', `${STATIONS} 8100 0007 08`, NO_NETWORK_HEADER],
  ['nothing', '', NO_NETWORK_HEADER],
];

for (const [what, hex, offset] of rows) {
  test(`networkOffset finds the network header behind ${what}`, (t) => {
    const frame = parseHex(hex);
    t.is(networkOffset(frame), offset);
    const shifted = Uint8Array.from([1, 2, 3, ...frame, 4, 5, 6, 7, 8]);
    const found = networkOffset(shifted, 3, 3 + frame.length);
    t.is(found, offset === NO_NETWORK_HEADER ? NO_NETWORK_HEADER : offset + 3);
  });
}

test('networkOffset stays within random frames, behind an ethertype that is no tag', (t) => {
  const tag = fc.constantFrom(0x8100, 0x88a8, 0x9100, 0x9200);
  const frame = fc
    .tuple(fc.array(tag, { maxLength: 5 }), fc.nat(0xffff), fc.nat(40))
    .map(([tags, etherType, length]) => {
      const types = [...tags, etherType].map((type) => [type >> 8, type & 255]);
      const head = types.flatMap((type, index) =>
        index === 0 ? [...new Uint8Array(12), ...type] : [0, 7, ...type],
      );
      return Uint8Array.from(head).subarray(0, length);
    });
  fc.assert(
    fc.property(fc.oneof(frame, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      const offset = networkOffset(bytes);
      if (offset === NO_NETWORK_HEADER) {
        // Every ethertype in it is that of a tag.
        for (let at = 12; at + 2 <= bytes.length; at += 4)
          t.true(isVlanEtherType((bytes[at]! << 8) | bytes[at + 1]!));
        return;
      }
      t.true(offset >= 14 && offset <= bytes.length && (offset - 14) % 4 === 0);
      t.false(isVlanEtherType((bytes[offset - 2]! << 8) | bytes[offset - 1]!));
    }),
    { seed: 4, numRuns: 2000 },
  );
});
