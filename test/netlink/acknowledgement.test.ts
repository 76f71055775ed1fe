import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../src/errors.js';
import { type Acknowledgement, decodeAcknowledgement } from '../../src/netlink/acknowledgement.js';
import { MessageCursor } from '../../src/netlink/message.js';
import { CAPTURED_ACKNOWLEDGEMENT, CAPTURED_DONE, CAPTURED_REFUSAL } from './captured-messages.js';

const TEXT = 'mtu greater than device maximum';

function decode(bytes: Uint8Array): Acknowledgement {
  const cursor = new MessageCursor(bytes);
  cursor.next();
  return decodeAcknowledgement(cursor);
}

test('decodeAcknowledgement reads errno and text when the messages are captured ones', (t) => {
  t.deepEqual(decode(CAPTURED_ACKNOWLEDGEMENT), { errno: 0, text: '' });
  t.deepEqual(decode(CAPTURED_DONE), { errno: 0, text: '' });
  t.deepEqual(decode(CAPTURED_REFUSAL), { errno: 22, text: TEXT });
});

test('decodeAcknowledgement finds the text when the request before it is capped', (t) => {
  // Without the request's payload (24 bytes at 36), as NLM_F_CAPPED says.
  const bytes = Uint8Array.of(...CAPTURED_REFUSAL.subarray(0, 36), ...CAPTURED_REFUSAL.subarray(60));
  bytes[0] = bytes.byteLength;
  bytes[7] = 0x03;
  t.deepEqual(decode(bytes), { errno: 22, text: TEXT });
});

test('decodeAcknowledgement finds the text when it ends a refused dump', (t) => {
  const done = Uint8Array.of(...CAPTURED_DONE.subarray(0, 16), 0xea, 0xff, 0xff, 0xff);
  const bytes = Uint8Array.of(...done, ...CAPTURED_REFUSAL.subarray(60));
  bytes[0] = bytes.byteLength;
  bytes[7] = 0x02;
  t.deepEqual(decode(bytes), { errno: 22, text: TEXT });
});

test('decodeAcknowledgement reads no attributes when the kernel announces none', (t) => {
  const bytes = CAPTURED_REFUSAL.slice();
  bytes[7] = 0;
  t.deepEqual(decode(bytes), { errno: 22, text: '' });
});

test('decodeAcknowledgement reads a message or throws a MalformedError when it is cut at any byte', (t) => {
  for (let length = 16; length < CAPTURED_REFUSAL.byteLength; length++) {
    const bytes = CAPTURED_REFUSAL.slice(0, length);
    bytes[0] = length;
    // With no attribute left, there is no text.
    if (length === 60) t.deepEqual(decode(bytes), { errno: 22, text: '' });
    else t.throws(() => decode(bytes), { instanceOf: MalformedError }, `${length} bytes`);
  }
});

test('decodeAcknowledgement throws only MalformedErrors when the bytes are random', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(2, 3), (payload, type) => {
      const bytes = Uint8Array.of(
        16 + payload.byteLength,
        0,
        0,
        0,
        type,
        0,
        0,
        2,
        ...new Uint8Array(8),
        ...payload,
      );
      try {
        decode(bytes);
      } catch (error) {
        return error instanceof MalformedError;
      }
      return true;
    }),
    { seed: 4, numRuns: 3000 },
  );
  t.pass();
});
