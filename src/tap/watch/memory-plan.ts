import { ArgumentRangeError } from '../../errors.js';
import { PAGE_BYTES } from '../../sys/mapped-memory.js';

/** Memory of the rings if the caller names none. Bytes. */
const WATCH_BYTES_DEFAULT = 16 * 1024 * 1024;
/** Holds the longest frame that a TAP sends, 64 KiB and its headers, and what the kernel puts in front of it. Bytes. */
const WHOLE_FRAME_BYTES = 68 * 1024;
/** A larger block would only be handed over later. Bytes. */
const BLOCK_BYTES_MAX = 1024 * 1024;
/** The kernel fills one block while this process reads the others. */
const BLOCKS_MIN = 2;
/** Blocks of a ring at least, if the caller names no size. Each block with a frame is handed over after some milliseconds. */
const BLOCKS_DEFAULT_MIN = 4;
/** So many blocks bridge a pause of this process, however little they hold. */
const SPARE_BLOCKS = 8;
/** With more memory the blocks grow. */
const BLOCKS_MAX = 512;

/** How the memory is divided among rings. */
export interface MemoryPlan {
  /** A multiple of the page size. */
  readonly blockBytes: number;
  /** Blocks of a ring for a queue that is watched. */
  readonly blockCount: number;
  /** Blocks of a ring for frames that may never come. */
  readonly spareBlockCount: number;
}

/** Rings that share the memory. */
export interface RingCounts {
  readonly ringCount: number;
  /** Smaller ones, for frames that may never come. */
  readonly spareCount: number;
}

/**
 * Divides `bytes` among rings. Undefined `bytes` are 16 MiB, or 272 KiB for each ring if that is more. Throws a RangeError if there
 * is too little for so many.
 */
export function planMemory(bytes: number | undefined, { ringCount, spareCount }: RingCounts): MemoryPlan {
  const rings = ringCount + spareCount;
  const whole = pagesUp(WHOLE_FRAME_BYTES);
  const total = bytes ?? Math.max(WATCH_BYTES_DEFAULT, BLOCKS_DEFAULT_MIN * rings * whole);
  const least = BLOCKS_MIN * rings * PAGE_BYTES;
  if (total < least) {
    throw new ArgumentRangeError(
      `cannot watch with ${total} bytes of memory: ${least} bytes (${least / 1024} KiB) or more are needed`,
    );
  }
  const blocksMax = Math.max(BLOCKS_MAX, BLOCKS_DEFAULT_MIN * rings);
  const wanted = Math.min(Math.max(whole, total / blocksMax), BLOCK_BYTES_MAX);
  const blockBytes = pagesDown(Math.min(wanted, total / (BLOCKS_MIN * rings)));
  const blocks = Math.floor(total / blockBytes);
  const spareBlockCount = Math.min(SPARE_BLOCKS, Math.floor(blocks / rings));
  const blockCount = Math.floor((blocks - spareCount * spareBlockCount) / ringCount);
  return { blockBytes, blockCount, spareBlockCount };
}

function pagesUp(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

function pagesDown(bytes: number): number {
  return Math.floor(bytes / PAGE_BYTES) * PAGE_BYTES;
}
