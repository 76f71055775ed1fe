import test from 'ava';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import {
  IORING_OP_POLL_ADD,
  IORING_OP_POLL_REMOVE,
  pollEventsWord,
  SQE_SIZE,
  sqeHead,
  transferFiller,
} from '../../src/uring/sqe.js';
import { hex, machineBytes } from './machine-bytes.js';

const POLLIN = 1;
const PADS = '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00';

/** Returns the bytes of one SQE, as a machine of this byte order holds them. */
function bytesOf(
  littleEndian: boolean,
  { opcode, fd, address, events, tag }: Record<'opcode' | 'fd' | 'address' | 'events' | 'tag', number>,
): string {
  const words = new Uint32Array(SQE_SIZE / 4);
  const word = pollEventsWord(events, littleEndian);
  transferFiller(littleEndian)(words, 0, sqeHead(opcode, 0, littleEndian), fd, address, 0, word, tag);
  return hex(machineBytes(words, littleEndian));
}

/** opcode, flags, ioprio, fd | off | addr | len, poll32_events | user_data | the rest */
const ROWS = [
  [
    'a poll, little-endian',
    true,
    { opcode: IORING_OP_POLL_ADD, fd: 0x0102, address: 0, events: POLLIN, tag: 3 },
    [
      '06 00 00 00 02 01 00 00',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 01 00 00 00',
      '03 00 00 00 00 00 00 00',
      PADS,
    ],
  ],
  [
    // The kernel swaps the halves of poll32_events back. So on a big-endian machine 16 bits of events lie in the
    // first two bytes.
    'a poll, big-endian',
    false,
    { opcode: IORING_OP_POLL_ADD, fd: 0x0102, address: 0, events: POLLIN, tag: 3 },
    [
      '06 00 00 00 00 00 01 02',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 00 01 00 00',
      '00 00 00 00 00 00 00 03',
      PADS,
    ],
  ],
  [
    'the end of a poll, little-endian',
    true,
    { opcode: IORING_OP_POLL_REMOVE, fd: -1, address: 0x0203, events: 0, tag: 0xffff_ffff },
    [
      '07 00 00 00 ff ff ff ff',
      '00 00 00 00 00 00 00 00',
      '03 02 00 00 00 00 00 00',
      '00 00 00 00 00 00 00 00',
      'ff ff ff ff 00 00 00 00',
      PADS,
    ],
  ],
  [
    'the end of a poll, big-endian',
    false,
    { opcode: IORING_OP_POLL_REMOVE, fd: -1, address: 0x0203, events: 0, tag: 0xffff_ffff },
    [
      '07 00 00 00 ff ff ff ff',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 00 00 02 03',
      '00 00 00 00 00 00 00 00',
      '00 00 00 00 ff ff ff ff',
      PADS,
    ],
  ],
] as const;

for (const [name, littleEndian, poll, bytes] of ROWS) {
  test(`an SQE has the golden bytes when it is ${name}`, (t) => {
    t.is(bytesOf(littleEndian, poll), bytes.join(' '));
  });
}

test('pollEventsWord returns the events unchanged when the machine is little-endian', (t) => {
  t.is(pollEventsWord(0x2001_0004, true), 0x2001_0004);
  t.is(pollEventsWord(0x2001_0004, false), 0x0004_2001);
  t.is(pollEventsWord(0x8000, false), 0x8000_0000);
  t.is(pollEventsWord(POLLIN), pollEventsWord(POLLIN, LITTLE_ENDIAN));
});
