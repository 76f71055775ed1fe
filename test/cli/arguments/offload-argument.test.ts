import test from 'ava';
import {
  formatOffloadList,
  OFFLOAD_WORDS,
  readOffloadList,
} from '../../../src/cli/arguments/offload-argument.js';
import { OFFLOADS } from '../../../src/tap/device/offloads.js';

const READ: readonly (readonly [text: string, offloads: readonly string[]])[] = [
  ['none', []],
  ['csum', ['csum']],
  ['csum,tso4,tso6,ecn', ['csum', 'tso4', 'tso6', 'ecn']],
  ['tso', ['tso4', 'tso6']],
  ['tso,tso4', ['tso4', 'tso6']],
  ['uso', ['uso']],
  ['uso4', ['uso']],
  ['uso4,uso6', ['uso']],
  ['csum, ecn', ['csum', 'ecn']],
];

for (const [text, offloads] of READ) {
  test(`readOffloadList gives ${offloads.join(' ') || 'nothing'} when it reads "${text}"`, (t) => {
    t.deepEqual(readOffloadList(text), [...offloads]);
  });
}

const WANTED = 'wanted csum, tso, tso4, tso6, ecn or uso, separated by commas, or none';

const REFUSED: readonly (readonly [text: string, message: string])[] = [
  ['', `cannot read offload "": ${WANTED}`],
  ['csum,', `cannot read offload "": ${WANTED}`],
  ['lro', `cannot read offload "lro": ${WANTED}`],
  ['csum,TSO4', `cannot read offload "TSO4": ${WANTED}`],
  ['toString', `cannot read offload "toString": ${WANTED}`],
  ['none,csum', 'cannot read offloads "none,csum": none cannot be combined with others'],
];

for (const [text, message] of REFUSED) {
  test(`readOffloadList throws a TypeError when it reads "${text}"`, (t) => {
    t.throws(() => readOffloadList(text), { instanceOf: TypeError, message });
  });
}

test('formatOffloadList writes what readOffloadList reads when it is given any list', (t) => {
  t.is(formatOffloadList([]), 'none');
  for (let count = 1; count <= OFFLOADS.length; count++) {
    const some = OFFLOADS.slice(0, count);
    t.deepEqual(readOffloadList(formatOffloadList(some)), some);
  }
});

test('readOffloadList reads every word that completion offers', (t) => {
  for (const word of OFFLOAD_WORDS) t.notThrows(() => readOffloadList(word), word);
});
