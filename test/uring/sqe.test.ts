import test from 'ava';
import { LITTLE_ENDIAN } from '../../src/sys/platform.js';
import { CQE_USER_DATA, cqeUserDataLowWord } from '../../src/uring/cqe.js';
import {
  fillTransfer,
  IORING_OP_READ_FIXED,
  IORING_OP_WRITE,
  IOSQE_FIXED_FILE,
  RWF_NOWAIT,
  SQE_SIZE,
  sqeHead,
  transferFiller,
  transferMover,
} from '../../src/uring/sqe.js';
import { hex, machineBytes } from './machine-bytes.js';

interface Transfer {
  readonly opcode: number;
  readonly flags: number;
  readonly file: number;
  readonly address: number;
  readonly length: number;
  readonly rwFlags: number;
  readonly userData: number;
}

const READ: Transfer = {
  opcode: IORING_OP_READ_FIXED,
  flags: IOSQE_FIXED_FILE,
  file: 3,
  address: 0x7f01_2345_6780,
  length: 65_550,
  rwFlags: RWF_NOWAIT,
  userData: 0x0102,
};

const WRITE: Transfer = {
  opcode: IORING_OP_WRITE,
  flags: 0,
  file: 0x0102_0304,
  address: 0xfff0_0001,
  length: 1,
  rwFlags: 0,
  userData: 0xffff_ffff,
};

const PADS = '00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00';

/** opcode, flags, ioprio, fd | off | addr | len, rw_flags | user_data | buf_index, personality | the rest */
const GOLDEN: readonly [name: string, littleEndian: boolean, transfer: Transfer, bytes: readonly string[]][] =
  [
    [
      'a fixed read, little-endian',
      true,
      READ,
      [
        '04 01 00 00 03 00 00 00',
        '00 00 00 00 00 00 00 00',
        '80 67 45 23 01 7f 00 00',
        '0e 00 01 00 08 00 00 00',
        '02 01 00 00 00 00 00 00',
        '00 00 00 00',
        PADS,
      ],
    ],
    [
      'a fixed read, big-endian',
      false,
      READ,
      [
        '04 01 00 00 00 00 00 03',
        '00 00 00 00 00 00 00 00',
        '00 00 7f 01 23 45 67 80',
        '00 01 00 0e 00 00 00 08',
        '00 00 00 00 00 00 01 02',
        '00 00 00 00',
        PADS,
      ],
    ],
    [
      'a plain write, little-endian',
      true,
      WRITE,
      [
        '17 00 00 00 04 03 02 01',
        '00 00 00 00 00 00 00 00',
        '01 00 f0 ff 00 00 00 00',
        '01 00 00 00 00 00 00 00',
        'ff ff ff ff 00 00 00 00',
        '00 00 00 00',
        PADS,
      ],
    ],
    [
      'a plain write, big-endian',
      false,
      WRITE,
      [
        '17 00 00 00 01 02 03 04',
        '00 00 00 00 00 00 00 00',
        '00 00 00 00 ff f0 00 01',
        '00 00 00 01 00 00 00 00',
        '00 00 00 00 ff ff ff ff',
        '00 00 00 00',
        PADS,
      ],
    ],
  ];

const WORDS = SQE_SIZE / 4;

/** Fills entry 1 of three, and returns all of them. */
function fillMiddle(fill: typeof fillTransfer, littleEndian: boolean, transfer: Transfer): Uint32Array {
  const { opcode, flags, file, address, length, rwFlags, userData } = transfer;
  const words = new Uint32Array(3 * WORDS);
  fill(words, 1, sqeHead(opcode, flags, littleEndian), file, address, length, rwFlags, userData);
  return words;
}

for (const [name, littleEndian, transfer, bytes] of GOLDEN) {
  test(`transferFiller writes the golden bytes when it is ${name}`, (t) => {
    const words = fillMiddle(transferFiller(littleEndian), littleEndian, transfer);
    const entry = machineBytes(words, littleEndian).subarray(SQE_SIZE, 2 * SQE_SIZE);
    t.is(hex(entry), bytes.join(' '));
  });
}

test('fillTransfer has the byte order of this machine', (t) => {
  const ours = fillMiddle(fillTransfer, LITTLE_ENDIAN, READ);
  t.deepEqual(ours, fillMiddle(transferFiller(LITTLE_ENDIAN), LITTLE_ENDIAN, READ));
  t.deepEqual(new Uint8Array(ours.buffer), machineBytes(ours, LITTLE_ENDIAN));
});

test('fillTransfer does not change other entries', (t) => {
  const words = fillMiddle(fillTransfer, LITTLE_ENDIAN, READ);
  t.true(words.subarray(0, WORDS).every((word) => word === 0));
  t.true(words.subarray(2 * WORDS).every((word) => word === 0));
});

test('fillTransfer replaces everything that an earlier transfer wrote', (t) => {
  const words = fillMiddle(fillTransfer, LITTLE_ENDIAN, READ);
  const { opcode, flags, file, address, length, rwFlags, userData } = WRITE;
  fillTransfer(words, 1, sqeHead(opcode, flags), file, address, length, rwFlags, userData);
  t.deepEqual(words, fillMiddle(fillTransfer, LITTLE_ENDIAN, WRITE));
});

test('cqeUserDataLowWord is the second word when the machine is big-endian', (t) => {
  t.is(cqeUserDataLowWord(true), CQE_USER_DATA / 4);
  t.is(cqeUserDataLowWord(false), CQE_USER_DATA / 4 + 1);
});

for (const littleEndian of [true, false]) {
  test(`transferMover writes what transferFiller writes, ${littleEndian ? 'little' : 'big'}-endian`, (t) => {
    const head = sqeHead(IORING_OP_WRITE, IOSQE_FIXED_FILE, littleEndian);
    const fill = (address: number, length: number) => {
      const words = new Uint32Array((2 * SQE_SIZE) / 4);
      transferFiller(littleEndian)(words, 1, head, 3, address, length, RWF_NOWAIT, 9);
      return words;
    };
    const moved = fill(0x7f01_2345_6780, 60);
    transferMover(littleEndian)(moved, 1, 0xfff0_0001, 0xffff, 1514);
    t.deepEqual(moved, fill(0xffff_fff0_0001, 1514));
  });
}
