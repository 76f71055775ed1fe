import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../src/errors.js';
import { AttributeCursor, AttributeWriter, attributeTypes } from '../../src/netlink/attribute.js';
import { MessageBuilder, NLMSGHDR_SIZE } from '../../src/netlink/message.js';

/** 2^53 - 1 as a __u64 in the machine's byte order. */
const LARGEST = new Uint8Array(new BigUint64Array([2n ** 53n - 1n]).buffer);

function cursorOver(bytes: Uint8Array, end = bytes.byteLength): AttributeCursor {
  return new AttributeCursor(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, end);
}

function written(write: (attributes: AttributeWriter) => void): Uint8Array {
  const message = new MessageBuilder(1);
  write(new AttributeWriter(message));
  return message.finish(0, 0).slice(NLMSGHDR_SIZE);
}

/** A __u32 of each of these types. Its value is the number of attributes before it. */
function numbered(...types: readonly number[]): Uint8Array {
  return written((attributes) => {
    for (const [index, type] of types.entries()) attributes.u32(type, index);
  });
}

test("AttributeWriter writes the kernel's format when the payload is a number, text, bytes or attributes", (t) => {
  const rows: readonly (readonly [write: (attributes: AttributeWriter) => void, bytes: number[]])[] = [
    [(a) => a.u32(3, 0xfffffffe), [8, 0, 3, 0, 0xfe, 0xff, 0xff, 0xff]],
    [(a) => a.string(5, 'io0'), [8, 0, 5, 0, 0x69, 0x6f, 0x30, 0]],
    [(a) => a.string(5, 'tap0'), [9, 0, 5, 0, 0x74, 0x61, 0x70, 0x30, 0, 0, 0, 0]],
    [(a) => a.bytes(6, Uint8Array.of(1, 2)), [6, 0, 6, 0, 1, 2, 0, 0]],
    [(a) => a.bytes(6, new Uint8Array(0)), [4, 0, 6, 0]],
    [(a) => a.nested(7, () => a.bytes(1, Uint8Array.of(9))), [12, 0, 7, 0x80, 5, 0, 1, 0, 9, 0, 0, 0]],
    [(a) => a.nested(7, () => {}), [4, 0, 7, 0x80]],
  ];
  for (const [write, bytes] of rows) t.deepEqual(written(write), Uint8Array.from(bytes));
});

test('AttributeWriter throws a RangeError when the payload is too long for an attribute', (t) => {
  t.throws(() => written((a) => a.bytes(1, new Uint8Array(0xffff - 3))), { instanceOf: RangeError });
  t.is(written((a) => a.bytes(1, new Uint8Array(0xffff - 4))).byteLength, 0x10000);
});

test('AttributeCursor reads the same values when AttributeWriter wrote them', (t) => {
  const bytes = written((a) => {
    a.bytes(1, Uint8Array.of(200));
    a.u32(3, 4_000_000_000);
    a.bytes(4, LARGEST);
    a.string(5, 'größer');
    a.nested(6, () => a.nested(1, () => a.u32(2, 3)));
  });
  const cursor = cursorOver(bytes);
  const next = () => t.true(cursor.next());
  next();
  t.deepEqual([cursor.type, cursor.length, cursor.u8()], [1, 1, 200]);
  next();
  t.deepEqual([cursor.u32(), cursor.s32()], [4_000_000_000, 4_000_000_000 - 2 ** 32]);
  next();
  t.is(cursor.u64(), 2 ** 53 - 1);
  next();
  t.is(cursor.string(), 'größer');
  next();
  t.is(cursor.type, 6);
  const outer = cursor.nested();
  t.true(outer.next());
  const inner = outer.nested();
  t.true(inner.next());
  t.deepEqual(
    [inner.type, inner.u32(), inner.next(), outer.next(), cursor.next()],
    [2, 3, false, false, false],
  );
});

test('AttributeCursor reads text when it has no zero byte', (t) => {
  const cursor = cursorOver(Uint8Array.of(6, 0, 1, 0, 0x68, 0x69));
  t.true(cursor.next());
  t.is(cursor.string(), 'hi');
});

test('AttributeCursor throws when a length is impossible', (t) => {
  for (const bytes of [[1], [4, 0, 1], [3, 0, 1, 0], [0, 0, 0, 0], [9, 0, 1, 0, 1, 2, 3, 4]]) {
    t.throws(() => cursorOver(Uint8Array.from(bytes)).next(), { instanceOf: MalformedError });
  }
});

test('AttributeCursor throws when the payload is too short for the number', (t) => {
  const cursor = cursorOver(Uint8Array.of(7, 0, 9, 0, 1, 2, 3, 0));
  t.true(cursor.next());
  for (const read of [() => cursor.u32(), () => cursor.u64(), () => cursor.u8(3)]) {
    t.throws(read, { instanceOf: MalformedError });
  }
  const error = t.throws(() => cursor.u32());
  t.is(error?.message, 'cannot read "netlink attribute 9": 4 bytes wanted, 3 there');
});

test('AttributeCursor stops at its end when more attributes follow', (t) => {
  const bytes = Uint8Array.of(5, 0, 1, 0, 7, 0, 0, 0, 5, 0, 2, 0, 8, 0, 0, 0);
  const cursor = cursorOver(bytes, 8);
  t.true(cursor.next());
  t.false(cursor.next());
  t.throws(() => cursorOver(bytes, 10).next() && cursorOver(bytes, 4).next(), { instanceOf: MalformedError });
});

test('AttributeCursor ends or throws a MalformedError when the bytes are random', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const cursor = cursorOver(bytes);
      try {
        for (let count = 0; cursor.next(); count++) {
          if (count > bytes.byteLength / 4) return false;
          cursor.string();
          cursor.nested().next();
          cursor.u64();
        }
      } catch (error) {
        return error instanceof MalformedError;
      }
      return true;
    }),
    { seed: 2, numRuns: 2000 },
  );
  t.pass();
});

test('AttributeCursor.next skips attributes when their types are not asked for', (t) => {
  const cursor = cursorOver(numbered(3, 70, 5, 3, 9));
  const types = attributeTypes(3, 5);
  const seen: number[][] = [];
  while (cursor.next(types)) seen.push([cursor.type, cursor.u32()]);
  t.deepEqual(seen, [
    [3, 0],
    [5, 2],
    [3, 3],
  ]);
  t.false(cursor.next(types));
  t.false(cursor.next());
});

test('AttributeCursor.next throws when an attribute that it skips is malformed', (t) => {
  const bytes = numbered(1, 2, 3);
  for (const length of [0, 3, 17, 0xffff]) {
    new DataView(bytes.buffer).setUint16(8, length, true);
    const error = t.throws(() => cursorOver(bytes).next(attributeTypes(3)), { instanceOf: MalformedError });
    t.is(error?.offset, 8);
  }
});

test('AttributeCursor.aheadIs is true when the bytes behind the current attribute are the same', (t) => {
  const cursor = cursorOver(numbered(1, 2, 1));
  const whole = cursor.ahead();
  t.true(cursor.aheadIs(whole));
  cursor.next();
  t.false(cursor.aheadIs(whole));
  cursor.next();
  t.true(cursor.aheadIs(whole.subarray(16)));
  t.deepEqual([...cursor.ahead()], [...whole.subarray(16)]);
  t.false(cursor.aheadIs(whole.subarray(0, 8)));
});
