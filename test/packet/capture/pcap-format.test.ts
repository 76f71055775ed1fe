import test from 'ava';
import { describeLinkType } from '../../../src/packet/capture/pcap-format.js';

test('describeLinkType names common link types, and numbers the others', (t) => {
  t.deepEqual([113, 276, 101, 147].map(describeLinkType), [
    '113 (Linux cooked)',
    '276 (Linux cooked v2)',
    '101 (raw IP)',
    '147',
  ]);
});
