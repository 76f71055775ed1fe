import { LITTLE_ENDIAN, lowWord } from '../sys/platform.js';

// Source: include/uapi/linux/io_uring.h, struct io_uring_cqe. Bytes.
export const CQE_SIZE = 16;
export const CQE_USER_DATA = 0; // __u64
export const CQE_RES = 8; //       __s32
export const CQE_FLAGS = 12; //    __u32

// Source: cqe->flags
export const IORING_CQE_F_BUFFER = 1;
export const IORING_CQE_F_MORE = 2;
export const IORING_CQE_BUFFER_SHIFT = 16;

const WORD_BYTES = 4;

/** The sizes and offsets above in 32-bit words. */
export const CQE_WORDS = CQE_SIZE / WORD_BYTES;
export const CQE_USER_DATA_LOW_WORD = cqeUserDataLowWord(LITTLE_ENDIAN);
export const CQE_RES_WORD = CQE_RES / WORD_BYTES;
export const CQE_FLAGS_WORD = CQE_FLAGS / WORD_BYTES;

/** Returns which word of a CQE holds the low half of `user_data`, for a byte order. */
export function cqeUserDataLowWord(littleEndian: boolean): number {
  return CQE_USER_DATA / WORD_BYTES + lowWord(littleEndian);
}
