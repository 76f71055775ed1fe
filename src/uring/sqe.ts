import { LITTLE_ENDIAN, lowWord } from '../sys/platform.js';

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
export const IORING_OP_READV = 1;
export const IORING_OP_WRITEV = 2;
export const IORING_OP_READ_FIXED = 4;
export const IORING_OP_WRITE_FIXED = 5;
export const IORING_OP_POLL_ADD = 6;
export const IORING_OP_POLL_REMOVE = 7;
export const IORING_OP_ASYNC_CANCEL = 14;
export const IORING_OP_READ = 22;
export const IORING_OP_WRITE = 23;
/** Linux 6.7. */
export const IORING_OP_READ_MULTISHOT = 49;

// Source: enum io_uring_sqe_flags_bit
export const IOSQE_FIXED_FILE = 1;
/** A thread of the kernel carries the request out. */
export const IOSQE_ASYNC = 1 << 4;
export const IOSQE_BUFFER_SELECT = 1 << 5;
/** A successful transfer has no completion, others have one. Linux 5.17. */
export const IOSQE_CQE_SKIP_SUCCESS = 1 << 6;

// Source: ASYNC_CANCEL flags (Linux 5.19)
export const IORING_ASYNC_CANCEL_ALL = 1;
export const IORING_ASYNC_CANCEL_ANY = 4;

// Source: include/uapi/linux/fs.h
export const RWF_NOWAIT = 0x8;

const WORD_BYTES = 4;
/** An address times this is its high word: exact, and cheaper than a division. */
const HIGH_WORD = 2 ** -32;
const SQE_WORDS = SQE_SIZE / WORD_BYTES;
const FD_WORD = SQE_FD / WORD_BYTES;
const LEN_WORD = SQE_LEN / WORD_BYTES;
const OP_FLAGS_WORD = SQE_OP_FLAGS / WORD_BYTES;

/**
 * The word of buf_index and personality. It is 0 in either byte order: the registered arena is always buffer 0 of its
 * ring.
 */
const BUF_INDEX_WORD = SQE_BUF_INDEX / WORD_BYTES;

/** Returns the first word of an SQE: opcode, flags and a priority of 0. */
export function sqeHead(opcode: number, flags: number, littleEndian: boolean = LITTLE_ENDIAN): number {
  return littleEndian ? opcode | (flags << 8) : ((opcode << 24) | (flags << 16)) >>> 0;
}

/**
 * Fills SQE `index` with a read or write of `length` bytes at `address`. For READV and WRITEV, `length` is the number
 * of iovecs at `address`. `words` is a view of all SQEs. `userData` is the low word of `user_data`.
 *
 * The offset is 0, because a TAP has no file position.
 */
export type FillTransfer = (
  words: Uint32Array,
  index: number,
  head: number,
  file: number,
  address: number,
  length: number,
  rwFlags: number,
  userData: number,
) => void;

/** Makes a FillTransfer for a byte order. */
export function transferFiller(littleEndian: boolean): FillTransfer {
  const low = lowWord(littleEndian);
  const high = 1 - low;
  const addressLow = SQE_ADDR / WORD_BYTES + low;
  const addressHigh = SQE_ADDR / WORD_BYTES + high;
  const offsetLow = SQE_OFF / WORD_BYTES + low;
  const offsetHigh = SQE_OFF / WORD_BYTES + high;
  const userDataLow = SQE_USER_DATA / WORD_BYTES + low;
  const userDataHigh = SQE_USER_DATA / WORD_BYTES + high;
  return (words, index, head, file, address, length, rwFlags, userData) => {
    const at = index * SQE_WORDS;
    words[at] = head;
    words[at + FD_WORD] = file;
    words[at + offsetLow] = 0;
    words[at + offsetHigh] = 0;
    words[at + addressLow] = address >>> 0;
    words[at + addressHigh] = address * HIGH_WORD;
    words[at + LEN_WORD] = length;
    words[at + OP_FLAGS_WORD] = rwFlags;
    words[at + userDataLow] = userData;
    words[at + userDataHigh] = 0;
    words[at + BUF_INDEX_WORD] = 0;
  };
}

/**
 * Changes the place and the length of a transfer that was filled before. The two halves of the address have 32 bits each: V8 makes an
 * object of a larger number that is handed to a function.
 */
export type MoveTransfer = (
  words: Uint32Array,
  index: number,
  addressLow: number,
  addressHigh: number,
  length: number,
) => void;

/** Makes a MoveTransfer for a byte order. */
export function transferMover(littleEndian: boolean): MoveTransfer {
  const low = lowWord(littleEndian);
  const lowWordAt = SQE_ADDR / WORD_BYTES + low;
  const highWordAt = SQE_ADDR / WORD_BYTES + 1 - low;
  return (words, index, addressLow, addressHigh, length) => {
    const at = index * SQE_WORDS;
    words[at + lowWordAt] = addressLow;
    words[at + highWordAt] = addressHigh;
    words[at + LEN_WORD] = length;
  };
}

/** The FillTransfer of this machine. Hot path: made once, so that its word numbers are constants to the compiler. */
export const fillTransfer = transferFiller(LITTLE_ENDIAN);

/** The MoveTransfer of this machine. */
export const moveTransfer = transferMover(LITTLE_ENDIAN);

/** Makes the transfer of SQE `index` begin at byte `offset` of its file. */
export function placeTransfer(
  words: Uint32Array,
  index: number,
  offset: number,
  littleEndian: boolean = LITTLE_ENDIAN,
): void {
  const low = lowWord(littleEndian);
  const at = index * SQE_WORDS + SQE_OFF / WORD_BYTES;
  words[at + low] = offset >>> 0;
  words[at + 1 - low] = offset * HIGH_WORD;
}

/**
 * Returns the word with the events of a poll. The kernel takes its two halves in the order of a little-endian
 * machine. Source: liburing.h, __io_uring_prep_poll_mask
 */
export function pollEventsWord(events: number, littleEndian: boolean = LITTLE_ENDIAN): number {
  return littleEndian ? events : ((events << 16) | (events >>> 16)) >>> 0;
}
