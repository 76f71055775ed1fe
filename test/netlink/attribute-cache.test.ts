import test from 'ava';
import { MalformedError } from '../../src/errors.js';
import { AttributeCursor } from '../../src/netlink/attribute.js';
import { AttributeCache } from '../../src/netlink/attribute-cache.js';

const NUMBER_TYPE = 3;

/** Attributes of a __u32 each. */
function attributesOf(...numbers: readonly number[]): AttributeCursor {
  const words = new Uint16Array(4 * numbers.length);
  for (const [index, number] of numbers.entries()) words.set([8, NUMBER_TYPE, number, 0], 4 * index);
  return cursorOver(new Uint8Array(words.buffer));
}

function cursorOver(bytes: Uint8Array): AttributeCursor {
  return new AttributeCursor(bytes, new DataView(bytes.buffer), 0, bytes.byteLength);
}

function countingDecoder() {
  const calls: number[][] = [];
  const repeated = new AttributeCache((attributes) => {
    const numbers: number[] = [];
    while (attributes.next()) numbers.push(attributes.u32());
    calls.push(numbers);
    return { numbers };
  });
  return { calls, repeated };
}

test('AttributeCache returns the same frozen value when the attributes are the same, and decodes others', (t) => {
  const { calls, repeated } = countingDecoder();
  const first = repeated.decode(attributesOf(1, 2));
  t.true(Object.isFrozen(first));
  t.is(repeated.decode(attributesOf(1, 2)), first);
  t.deepEqual(calls, [[1, 2]]);
  for (const numbers of [[1, 3], [1], [1, 2, 2], [], [1, 2]])
    t.deepEqual(repeated.decode(attributesOf(...numbers)).numbers, numbers);
  t.is(calls.length, 6);
});

test('AttributeCache keeps its value when the next attributes are malformed', (t) => {
  const { calls, repeated } = countingDecoder();
  const good = repeated.decode(attributesOf(1));
  const cut = () => cursorOver(Uint8Array.of(8, 0, NUMBER_TYPE, 0, 1, 0));
  t.throws(() => repeated.decode(cut()), { instanceOf: MalformedError });
  t.throws(() => repeated.decode(cut()), { instanceOf: MalformedError });
  t.is(repeated.decode(attributesOf(1)), good);
  t.deepEqual(calls, [[1]]);
});
