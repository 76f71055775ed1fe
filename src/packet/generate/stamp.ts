import { type ChecksummedFrame, IN_TRANSPORT_SUM } from '../offload/checksummed-frame.js';

// What the UDP, TCP or ICMP payload of a stamped frame begins with: the run that sent it, its number in the run, and the
// time when it was put into its burst. As long as the payload of a 64-byte UDP frame over IPv4.
// The project's own layout; multi-byte fields are big-endian. Bytes.
export const STAMP_SIZE = 22;
export const STAMP_MAGIC = 0; //         __be32
export const STAMP_STREAM = 4; //        __be16: random, one for all frames of a run
export const STAMP_SEQUENCE_HIGH = 6; // __be32
export const STAMP_SEQUENCE_LOW = 10; // __be32: frames of the run before this one
export const STAMP_SECONDS = 14; //      __be32: since 1970, until 2106
export const STAMP_NANOSECONDS = 18; //  __be32

/** "rTS" and the version of the layout. */
export const STAMP_MAGIC_VALUE = 0x72_54_53_01;

const WORD = 0x1_0000_0000;
/** A JavaScript number has 53 bits, so no sender has used a larger sequence number. */
const SEQUENCE_HIGH_MAX = 0x1f_ffff;
const NANOSECONDS_MAX = 999_999_999;

/** The contents of a stamp. */
export interface Stamp {
  /** 0 to 65,535. */
  stream: number;
  /** 0 to Number.MAX_SAFE_INTEGER. */
  sequence: number;
  /** Since 1970. */
  seconds: number;
  /** 0 to 999,999,999. */
  nanoseconds: number;
}

/**
 * Writes `stamp` at `offset` of `frame`. The offset is even, and STAMP_SIZE bytes follow it. The checksums are wrong until
 * `frame.finish`.
 */
export function writeStamp(frame: ChecksummedFrame, offset: number, stamp: Readonly<Stamp>): void {
  // The remainder of a division would be a call of the C library's for each frame.
  const low = stamp.sequence >>> 0;
  frame.setLongWord(offset + STAMP_MAGIC, STAMP_MAGIC_VALUE, IN_TRANSPORT_SUM);
  frame.setWord(offset + STAMP_STREAM, stamp.stream, IN_TRANSPORT_SUM);
  frame.setLongWord(offset + STAMP_SEQUENCE_HIGH, (stamp.sequence - low) / WORD, IN_TRANSPORT_SUM);
  frame.setLongWord(offset + STAMP_SEQUENCE_LOW, low, IN_TRANSPORT_SUM);
  frame.setLongWord(offset + STAMP_SECONDS, stamp.seconds, IN_TRANSPORT_SUM);
  frame.setLongWord(offset + STAMP_NANOSECONDS, stamp.nanoseconds, IN_TRANSPORT_SUM);
}

/** Reads the stamp at `offset` into `stamp`. False, and nothing is changed, if there is none or only a part of one. */
export function readStamp(bytes: Uint8Array, offset: number, stamp: Stamp): boolean {
  if (offset < 0 || offset + STAMP_SIZE > bytes.length) return false;
  if (readUint32(bytes, offset + STAMP_MAGIC) !== STAMP_MAGIC_VALUE) return false;
  const high = readUint32(bytes, offset + STAMP_SEQUENCE_HIGH);
  const nanoseconds = readUint32(bytes, offset + STAMP_NANOSECONDS);
  if (high > SEQUENCE_HIGH_MAX || nanoseconds > NANOSECONDS_MAX) return false;
  stamp.stream = (bytes[offset + STAMP_STREAM]! << 8) | bytes[offset + STAMP_STREAM + 1]!;
  stamp.sequence = high * WORD + readUint32(bytes, offset + STAMP_SEQUENCE_LOW);
  stamp.seconds = readUint32(bytes, offset + STAMP_SECONDS);
  stamp.nanoseconds = nanoseconds;
  return true;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
