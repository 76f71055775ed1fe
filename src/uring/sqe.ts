import { HIGH_WORD, LITTLE_ENDIAN, LOW_WORD } from '../sys/platform.js';

// Source: include/uapi/linux/io_uring.h, struct io_uring_sqe. Bytes.
export const SQE_SIZE = 64;
export const SQE_OPCODE = 0; //    __u8
export const SQE_FLAGS = 1; //     __u8
export const SQE_IOPRIO = 2; //    __u16
export const SQE_FD = 4; //        __s32
export const SQE_OFF = 8; //       __u64
export const SQE_ADDR = 16; //     __u64
export const SQE_LEN = 24; //      __u32
export const SQE_OP_FLAGS = 28; // __u32: rw_flags, poll32_events, cancel_flags
export const SQE_USER_DATA = 32; // __u64
export const SQE_BUF_INDEX = 40; // __u16

// Source: enum io_uring_op
export const IORING_OP_NOP = 0;
export const IORING_OP_READ_FIXED = 4;
export const IORING_OP_WRITE_FIXED = 5;
export const IORING_OP_READ = 22;
export const IORING_OP_WRITE = 23;

// Source: IOSQE_FIXED_FILE_BIT
export const IOSQE_FIXED_FILE = 1;

// Source: include/uapi/linux/fs.h
export const RWF_NOWAIT = 0x8;

const WORD_BYTES = 4;
const SQE_WORDS = SQE_SIZE / WORD_BYTES;
const FD_WORD = SQE_FD / WORD_BYTES;
const ADDR_LOW = SQE_ADDR / WORD_BYTES + LOW_WORD;
const ADDR_HIGH = SQE_ADDR / WORD_BYTES + HIGH_WORD;
const OFF_LOW = SQE_OFF / WORD_BYTES + LOW_WORD;
const OFF_HIGH = SQE_OFF / WORD_BYTES + HIGH_WORD;
const LEN_WORD = SQE_LEN / WORD_BYTES;
const OP_FLAGS_WORD = SQE_OP_FLAGS / WORD_BYTES;
const USER_DATA_LOW = SQE_USER_DATA / WORD_BYTES + LOW_WORD;
const USER_DATA_HIGH = SQE_USER_DATA / WORD_BYTES + HIGH_WORD;
const BUF_INDEX_WORD = SQE_BUF_INDEX / WORD_BYTES;

/** The first word of an SQE: opcode, flags and a priority of 0. */
export function sqeHead(opcode: number, flags: number): number {
  return LITTLE_ENDIAN ? opcode | (flags << 8) : ((opcode << 24) | (flags << 16)) >>> 0;
}

function bufferIndexWord(index: number): number {
  return LITTLE_ENDIAN ? index : (index << 16) >>> 0;
}

/** The registered arena is always buffer 0 of its ring, with no personality. */
const BUFFER_ZERO = bufferIndexWord(0);

/**
 * Fills entry `index` of the ring's SQEs with a read or write of `length` bytes at `address`.
 * `words` is a view of all SQEs; the low word of `user_data` is `userData`.
 *
 * A TAP has no file position, so the offset is 0.
 */
export function fillTransfer(
  words: Uint32Array,
  index: number,
  head: number,
  file: number,
  address: number,
  length: number,
  rwFlags: number,
  userData: number,
): void {
  const at = index * SQE_WORDS;
  words[at] = head;
  words[at + FD_WORD] = file;
  words[at + OFF_LOW] = 0;
  words[at + OFF_HIGH] = 0;
  words[at + ADDR_LOW] = address >>> 0;
  words[at + ADDR_HIGH] = address / 0x1_0000_0000;
  words[at + LEN_WORD] = length;
  words[at + OP_FLAGS_WORD] = rwFlags;
  words[at + USER_DATA_LOW] = userData;
  words[at + USER_DATA_HIGH] = 0;
  words[at + BUF_INDEX_WORD] = BUFFER_ZERO;
}
