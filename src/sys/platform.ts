import { arch, endianness } from 'node:os';
import koffi from 'koffi';

/** Bytes of a pointer, of `size_t` and of `long` in the C code of this process: 4 or 8. */
export const POINTER_BYTES = koffi.sizeof('void *');

export const LITTLE_ENDIAN = endianness() === 'LE';

/** The processor, in Node's spelling (`x64`, `arm64`, `ppc64`, …). */
export const ARCHITECTURE = arch();

/** 32-bit word of a 64-bit field that holds the low half: 0 or 1. */
export const LOW_WORD = LITTLE_ENDIAN ? 0 : 1;
export const HIGH_WORD = 1 - LOW_WORD;
