import test from 'ava';
import fc from 'fast-check';
import { finalDestinationOffset } from '../../../src/packet/headers/ipv4-source-route.js';

const START = 14;
const HEADER_SIZE = 20;
/** Offset of the destination in the header. */
const IN_HEADER = START + 16;
const OPTIONS = START + HEADER_SIZE;

/** Offset of the final destination in a header with these options, a multiple of four bytes. */
function offsetFor(...options: readonly number[]): number {
  const bytes = Uint8Array.from([...new Uint8Array(OPTIONS), ...options]);
  return finalDestinationOffset(bytes, START, HEADER_SIZE + options.length);
}

test('finalDestinationOffset is the destination of the header when no source route has hops left', (t) => {
  t.is(offsetFor(), IN_HEADER);
  t.is(offsetFor(1, 1, 1, 0), IN_HEADER);
  t.is(offsetFor(7, 7, 4, 10, 0, 0, 1, 0), IN_HEADER, 'a record of the route');
  t.is(offsetFor(131, 7, 8, 10, 0, 0, 1, 0), IN_HEADER, 'travelled to its end');
  t.is(offsetFor(0, 131, 7, 4, 10, 0, 0, 1), IN_HEADER, 'behind the end');
});

test('finalDestinationOffset is the last address of a source route when it has hops left', (t) => {
  for (const kind of [131, 137]) {
    t.is(offsetFor(kind, 7, 4, 10, 0, 0, 1, 0), OPTIONS + 3);
    t.is(offsetFor(1, kind, 11, 8, 10, 0, 0, 1, 10, 0, 0, 2), OPTIONS + 8);
    t.is(offsetFor(7, 3, 4, kind, 7, 4, 10, 0, 0, 1, 0, 0), OPTIONS + 6, 'behind another option');
  }
});

test('finalDestinationOffset stops at options with impossible lengths', (t) => {
  t.is(offsetFor(131, 0, 4, 10), IN_HEADER);
  t.is(offsetFor(131, 9, 4, 10, 0, 0, 1, 0), IN_HEADER, 'longer than the header');
  t.is(offsetFor(131, 6, 4, 10, 0, 0, 1, 1), IN_HEADER, 'without a whole address');
  t.is(offsetFor(1, 1, 1, 131), IN_HEADER, 'without a length');
});

test('finalDestinationOffset stays within the header when its options are random', (t) => {
  const words = fc.array(fc.constantFrom(0, 1, 3, 4, 7, 11, 68, 131, 137, 255), { maxLength: 40 });
  fc.assert(
    fc.property(words, (given) => {
      const options = given.slice(0, given.length & ~3);
      const offset = offsetFor(...options);
      return offset === IN_HEADER || (offset >= OPTIONS && offset + 4 <= OPTIONS + options.length);
    }),
  );
  t.pass();
});
