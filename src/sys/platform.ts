import { arch, endianness } from 'node:os';
import koffi from 'koffi';

/** Bytes of a pointer, of `size_t` and of `long` in the C code of this process: 4 or 8. */
export const POINTER_BYTES = koffi.sizeof('void *');

export const LITTLE_ENDIAN = endianness() === 'LE';

/** What decides where C puts the bytes of a pointer or a number. */
export interface Platform {
  readonly pointerBytes: number;
  readonly littleEndian: boolean;
}

/** The platform of this process. */
export const HOST: Platform = { pointerBytes: POINTER_BYTES, littleEndian: LITTLE_ENDIAN };

/** The processor, in Node's spelling (`x64`, `arm64`, `ppc64`, …). */
export const ARCHITECTURE = arch();

/** Returns which 32-bit word of a 64-bit field holds its low half: 0 or 1. */
export function lowWord(littleEndian: boolean): number {
  return littleEndian ? 0 : 1;
}

/** The low and high word of a 64-bit field on this machine. */
export const LOW_WORD = lowWord(LITTLE_ENDIAN);
export const HIGH_WORD = 1 - LOW_WORD;
