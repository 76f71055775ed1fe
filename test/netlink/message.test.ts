import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../src/errors.js';
import { MessageBuilder, MessageCursor } from '../../src/netlink/message.js';
import {
  CAPTURED_ACKNOWLEDGEMENT,
  CAPTURED_DONE,
  CAPTURED_REFUSAL,
  CAPTURED_TAP,
} from './captured-messages.js';

test('MessageCursor reads the header when the message is a captured one', (t) => {
  const cursor = new MessageCursor(CAPTURED_TAP);
  t.true(cursor.next());
  t.deepEqual([cursor.type, cursor.flags, cursor.sequence], [16, 0, 7]);
  t.deepEqual([cursor.payloadStart, cursor.payloadEnd], [16, CAPTURED_TAP.byteLength]);
  t.false(cursor.next());
});

test('MessageCursor reads every message when a datagram has several with padding between them', (t) => {
  const odd = Uint8Array.of(18, 0, 0, 0, 99, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb, 0, 0);
  const cursor = new MessageCursor(Uint8Array.of(...CAPTURED_ACKNOWLEDGEMENT, ...odd, ...CAPTURED_DONE));
  const seen: number[][] = [];
  while (cursor.next()) seen.push([cursor.type, cursor.sequence, cursor.payloadEnd - cursor.payloadStart]);
  t.deepEqual(seen, [
    [2, 7, 20],
    [99, 5, 2],
    [3, 9, 4],
  ]);
});

test('MessageCursor reads the last message when its padding is missing', (t) => {
  const cursor = new MessageCursor(Uint8Array.of(17, 0, 0, 0, 99, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0xaa));
  t.true(cursor.next());
  t.is(cursor.payloadEnd, 17);
  t.false(cursor.next());
});

test('MessageCursor throws when a message is cut at any byte', (t) => {
  t.false(new MessageCursor(new Uint8Array(0)).next());
  for (let length = 1; length < CAPTURED_REFUSAL.byteLength; length++) {
    t.throws(() => new MessageCursor(CAPTURED_REFUSAL.subarray(0, length)).next(), {
      instanceOf: MalformedError,
    });
  }
});

test('MessageCursor throws when a length is impossible', (t) => {
  for (const length of [0, 15, 37, 0xffffffff]) {
    const bytes = Uint8Array.from(CAPTURED_ACKNOWLEDGEMENT);
    new DataView(bytes.buffer).setUint32(0, length, true);
    const error = t.throws(() => new MessageCursor(bytes).next(), { instanceOf: MalformedError });
    t.is(error?.message, `cannot read "netlink message": its length is ${length}, 36 bytes are there`);
    t.is(error?.offset, 0);
  }
});

test('MessageCursor ends or throws a MalformedError when the bytes are random', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const cursor = new MessageCursor(bytes);
      try {
        for (let count = 0; cursor.next(); count++) {
          if (count > bytes.byteLength / 16 || cursor.payloadEnd > bytes.byteLength) return false;
        }
      } catch (error) {
        return error instanceof MalformedError;
      }
      return true;
    }),
    { seed: 1, numRuns: 2000 },
  );
  t.pass();
});

test('MessageBuilder writes a header and a zeroed, padded payload when bytes are reserved', (t) => {
  const message = new MessageBuilder(19);
  t.is(message.reserve(5), 16);
  message.bytes.fill(0xee, 16, 21);
  t.deepEqual(
    message.finish(0x0305, 0x01020304),
    Uint8Array.of(24, 0, 0, 0, 19, 0, 5, 3, 4, 3, 2, 1, 0, 0, 0, 0, 0xee, 0xee, 0xee, 0xee, 0xee, 0, 0, 0),
  );
});

test('MessageBuilder keeps the bytes when its buffer grows', (t) => {
  const message = new MessageBuilder(19);
  t.is(message.reserve(100), 16);
  message.bytes.fill(0xaa, 16, 116);
  t.is(message.reserve(10_000), 116);
  message.bytes.fill(0xbb, 116, 10_116);
  const cursor = new MessageCursor(message.finish(1, 2));
  t.true(cursor.next());
  t.is(cursor.payloadEnd, 10_116);
  t.is(cursor.bytes[115], 0xaa);
  t.is(cursor.bytes[116], 0xbb);
  t.is(cursor.type, 19);
});
