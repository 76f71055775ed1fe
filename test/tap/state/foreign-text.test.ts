import test from 'ava';
import { CONNECTIONS_MAX } from '../../../src/tap/hold/holder.js';
import { REPLY_BYTES_MAX } from '../../../src/tap/lease/holder-message.js';
import { encodeReply } from '../../../src/tap/lease/holder-reply.js';
import { decodeRequest, encodeRequest } from '../../../src/tap/lease/holder-request.js';
import { LEASES_MAX } from '../../../src/tap/lease/lease-table.js';
import { clipped, NAME_BYTES_MAX, printable } from '../../../src/tap/state/foreign-text.js';

test('printable leaves no control character when the text has some', (t) => {
  t.is(printable('a\x1b[2J\r\x9b\u2028é\u{1f600}'), 'a?[2J???é\u{1f600}');
});

const ROWS: readonly (readonly [text: string, bytesMax: number, expected: string])[] = [
  ['', 3, ''],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  // é takes two bytes, and a quotation mark takes two with its backslash.
  ['éé', 3, 'é'],
  ['a""', 4, 'a"'],
  // Four bytes, which are never split. Six as an escape.
  ['a\u{1f600}', 4, 'a'],
  ['a\u{1f600}', 5, 'a\u{1f600}'],
  ['\ud800\ud800', 11, '\ud800'],
  ['abc', 0, ''],
];

for (const [text, bytesMax, expected] of ROWS) {
  test(`clipped leaves ${JSON.stringify(expected)} of ${JSON.stringify(text)} when ${bytesMax} bytes are allowed`, (t) => {
    t.is(clipped(text, bytesMax), expected);
  });
}

test("a holder's list of its users fits into a message when there are as many as it serves and their names are long", (t) => {
  for (const character of ['"', '\ud800', '\u{1f600}', '\x00', 'x']) {
    const asked = encodeRequest({
      type: 'lease',
      queues: [0],
      share: true,
      command: character.repeat(100),
    });
    const request = decodeRequest(asked);
    const command = request.type === 'lease' ? request.command : '';
    t.true(command.length > 0);
    t.true(Buffer.byteLength(JSON.stringify(command)) <= NAME_BYTES_MAX + 2);
    const user = { pid: 2 ** 31 - 1, command };
    const each = Math.floor(LEASES_MAX / CONNECTIONS_MAX);
    const queues = Array.from({ length: each + 1 }, (_, index) => 252 + index);
    const greeting = encodeReply({
      type: 'greeting',
      holder: user,
      device: 'x'.repeat(15),
      ifindex: 2 ** 31 - 1,
      netns: String(2n ** 64n - 1n),
      queues: 256,
      leases: Array.from({ length: CONNECTIONS_MAX }, () => ({ ...user, queues })),
      admitted: true,
    });
    t.true(greeting.length <= REPLY_BYTES_MAX, `${greeting.length} bytes`);
  }
});
