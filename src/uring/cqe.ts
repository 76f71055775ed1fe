import { LOW_WORD } from '../sys/platform.js';

// Source: include/uapi/linux/io_uring.h, struct io_uring_cqe. Bytes.
export const CQE_SIZE = 16;
export const CQE_USER_DATA = 0; // __u64
export const CQE_RES = 8; //       __s32
export const CQE_FLAGS = 12; //    __u32

const WORD_BYTES = 4;

/** The same in 32-bit words. */
export const CQE_WORDS = CQE_SIZE / WORD_BYTES;
export const CQE_USER_DATA_LOW_WORD = CQE_USER_DATA / WORD_BYTES + LOW_WORD;
export const CQE_RES_WORD = CQE_RES / WORD_BYTES;
