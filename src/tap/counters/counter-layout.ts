import { LITTLE_ENDIAN } from '../../sys/platform.js';
import { QUEUE_COUNTER_NAMES } from './counter-table.js';

// A counter file is a header and then one block for each queue, in the byte order of the machine, which the file never
// leaves. Offsets are in bytes.
export const COUNTER_MAGIC = 0; //  char[8]
export const COUNTER_PID = 8; //    u32, the writer
export const COUNTER_ROLE = 12; //  u32, ROLE_*
export const COUNTER_QUEUES = 16; // u32, number of blocks
export const COUNTER_LENGTH = 20; // u32, counters in each block
export const COUNTER_LOCK = 24; //   u32, LOCK_*
export const COUNTER_HEADER_SIZE = 64;

/** A block is padded to whole cache lines: two threads that write the counters of two queues share none. Bytes. */
const CACHE_LINE = 64;

/** Bytes of a block that this release writes: doubles in the order of QUEUE_COUNTER_NAMES. 128 queues take 64 KiB. */
export const COUNTER_BLOCK_SIZE = blockSize(QUEUE_COUNTER_NAMES.length);

/** More counters than any release has: a file with more is damaged. */
const COUNTERS_MAX = 512;

/**
 * It changes with the layout. Counters are only ever added behind the others, so each release reads the files of all.
 */
const MAGIC = 'rtapcnt2';
/** The first layout: blocks of two cache lines with eight counters. Its header does not have their number. */
const MAGIC_1 = 'rtapcnt1';
const COUNTERS_1 = 8;
const BLOCK_SIZE_1 = 128;

// What the writer does with the device's queues: it reads them, sends into them, or holds them for others.
export const ROLE_READER = 1;
export const ROLE_SENDER = 2;
export const ROLE_KEEPER = 3;

// How the writer locks the file for as long as it counts. Files of older releases have 0 there.
export const LOCK_FLOCK = 0;
export const LOCK_OFD = 1;

/** What the header of a counter file says of its writer. */
export interface CounterHeader {
  readonly pid: number;
  /** ROLE_* */
  readonly role: number;
  /** Number of blocks. */
  readonly queueCount: number;
}

/** Where the counters lie in a file, which another release may have written. */
export interface CounterFileLayout extends CounterHeader {
  /** Counters in each block. */
  readonly counterCount: number;
  /** Bytes from one block to the next. */
  readonly blockSize: number;
}

/** Most bytes that a file of `queueCount` queues can have, whichever release wrote it. */
export function counterFileSizeMax(queueCount: number): number {
  return COUNTER_HEADER_SIZE + queueCount * blockSize(COUNTERS_MAX);
}

/** Bytes of the file that this release writes for `queueCount` queues. */
export function counterFileSize(queueCount: number): number {
  return COUNTER_HEADER_SIZE + queueCount * COUNTER_BLOCK_SIZE;
}

/** Returns the COUNTER_HEADER_SIZE bytes with which a counter file of this release begins. */
export function encodeCounterHeader(header: CounterHeader): Uint8Array {
  const bytes = new Uint8Array(COUNTER_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC), COUNTER_MAGIC);
  view.setUint32(COUNTER_PID, header.pid, LITTLE_ENDIAN);
  view.setUint32(COUNTER_ROLE, header.role, LITTLE_ENDIAN);
  view.setUint32(COUNTER_QUEUES, header.queueCount, LITTLE_ENDIAN);
  view.setUint32(COUNTER_LENGTH, QUEUE_COUNTER_NAMES.length, LITTLE_ENDIAN);
  view.setUint32(COUNTER_LOCK, LOCK_OFD, LITTLE_ENDIAN);
  return bytes;
}

/** Reads the header of a counter file. Returns undefined when `bytes` is no counter file, or not a whole one. */
export function decodeCounterHeader(bytes: Uint8Array): CounterFileLayout | undefined {
  if (bytes.byteLength < COUNTER_HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = decodeBlocks(bytes, view);
  if (blocks === undefined) return undefined;
  const queueCount = view.getUint32(COUNTER_QUEUES, LITTLE_ENDIAN);
  if (bytes.byteLength < COUNTER_HEADER_SIZE + queueCount * blocks.blockSize) return undefined;
  return {
    pid: view.getUint32(COUNTER_PID, LITTLE_ENDIAN),
    role: view.getUint32(COUNTER_ROLE, LITTLE_ENDIAN),
    queueCount,
    ...blocks,
  };
}

/** Reads from the COUNTER_HEADER_SIZE bytes of a header who locks the file, and how. `lock` is LOCK_* or unknown. */
export function decodeCounterLock(bytes: Uint8Array): { readonly pid: number; readonly lock: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    pid: view.getUint32(COUNTER_PID, LITTLE_ENDIAN),
    lock: view.getUint32(COUNTER_LOCK, LITTLE_ENDIAN),
  };
}

function decodeBlocks(
  bytes: Uint8Array,
  view: DataView,
): Pick<CounterFileLayout, 'counterCount' | 'blockSize'> | undefined {
  const magic = new TextDecoder().decode(bytes.subarray(COUNTER_MAGIC, COUNTER_MAGIC + MAGIC.length));
  if (magic === MAGIC_1) return { counterCount: COUNTERS_1, blockSize: BLOCK_SIZE_1 };
  const counterCount = view.getUint32(COUNTER_LENGTH, LITTLE_ENDIAN);
  if (magic !== MAGIC || counterCount === 0 || counterCount > COUNTERS_MAX) return undefined;
  return { counterCount, blockSize: blockSize(counterCount) };
}

/**
 * The counters of queue `number` in the bytes of a file of this release. It is a view: writing it writes the file.
 */
export function counterBlock(bytes: Uint8Array, number: number): Float64Array {
  const at = bytes.byteOffset + counterBlockStart(number);
  return new Float64Array(bytes.buffer, at, QUEUE_COUNTER_NAMES.length);
}

/** Byte of a file of this release where the counters of queue `number` begin. */
export function counterBlockStart(number: number): number {
  return COUNTER_HEADER_SIZE + number * COUNTER_BLOCK_SIZE;
}

/** The counters of queue `number` in a file with this layout. Counters that this release does not know come last. */
export function foreignCounterBlock(
  bytes: Uint8Array,
  layout: CounterFileLayout,
  number: number,
): Float64Array {
  const at = bytes.byteOffset + COUNTER_HEADER_SIZE + number * layout.blockSize;
  return new Float64Array(bytes.buffer, at, layout.counterCount);
}

function blockSize(counterCount: number): number {
  return Math.ceil((counterCount * Float64Array.BYTES_PER_ELEMENT) / CACHE_LINE) * CACHE_LINE;
}
