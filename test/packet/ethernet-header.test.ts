import test from 'ava';
import { NO_NETWORK_HEADER, networkOffset } from '../../src/packet/ethernet-header.js';
import { parseHex } from '../../src/packet/hex.js';

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
