import { ArgumentRangeError } from '../../errors.js';
import { UIO_MAXIOV } from '../../uring/iovec-table.js';
import { HEADER_BYTES_MAX } from '../state/limits.js';

/**
 * Largest frame that the kernel hands out: an LRO frame of 65,535 bytes with a VLAN tag (seen on Linux 6.18).
 * Bytes, without the virtio-net header.
 */
export const RECEIVED_FRAME_BYTES_MAX = 65_539;

/**
 * Default bytes from one receive buffer to the next. An odd number of cache lines, so that the beginnings of
 * a burst's frames do not fall into one cache set.
 */
export const SLOT_BYTES = 65_600;

/**
 * Smallest receive segment: it holds the virtio-net header and an Ethernet header, so that neither is split.
 * Bytes.
 */
export const SEGMENT_BYTES_MIN = 64;

/** Bytes of an Ethernet header: no frame is smaller. */
const FRAME_BYTES_MIN = 14;

const CACHE_LINE_BYTES = 64;

export interface SlotOptions {
  /**
   * Largest frame that is received whole, 14 to 65,539.
   * @default 65,539
   */
  readonly frameBytesMax?: number;
  /**
   * Bytes of each piece that a frame is received in, 64 or more.
   * @default one piece
   */
  readonly segmentBytes?: number;
}

/**
 * How a receive buffer lies in an arena: in one piece, or scattered over segments that do not touch. It has
 * room for the header, the frame, and one byte more. A frame that fills that byte was cut.
 */
export class SlotLayout {
  readonly frameBytesMax: number;
  /** Bytes of a segment; 0 if a frame is received in one piece. */
  readonly segmentBytes: number;
  /** Segments of a slot; 0 if a frame is received in one piece. */
  readonly segmentsMax: number;
  /** Bytes from one segment to the next. At least one unused byte lies between them. */
  readonly segmentStride: number;
  /** Bytes from one slot to the next. */
  readonly slotBytes: number;

  /**
   * Throws a RangeError for a size out of range, or one that takes more segments than a transfer may have
   * (IOV_MAX).
   */
  constructor(options: SlotOptions = {}) {
    const { frameBytesMax = RECEIVED_FRAME_BYTES_MAX, segmentBytes } = options;
    this.frameBytesMax = frameBytesMax;
    assertRange('frames', frameBytesMax, FRAME_BYTES_MIN, RECEIVED_FRAME_BYTES_MAX);
    const wholeBytes = HEADER_BYTES_MAX + frameBytesMax + 1;
    if (segmentBytes === undefined) {
      this.segmentBytes = 0;
      this.segmentsMax = 0;
      this.segmentStride = 0;
      this.slotBytes = oddCacheLines(wholeBytes);
      return;
    }
    const least = Math.max(SEGMENT_BYTES_MIN, Math.ceil(wholeBytes / UIO_MAXIOV));
    assertSegments(segmentBytes, least, frameBytesMax);
    this.segmentBytes = segmentBytes;
    this.segmentsMax = Math.ceil(wholeBytes / segmentBytes);
    this.segmentStride = cacheLines(segmentBytes + 1) * CACHE_LINE_BYTES;
    this.slotBytes = oddCacheLines(this.segmentsMax * this.segmentStride);
  }
}

function assertRange(what: string, bytes: number, least: number, most: number): void {
  if (Number.isInteger(bytes) && bytes >= least && bytes <= most) return;
  throw new ArgumentRangeError(`cannot receive ${what} of ${bytes} bytes: ${least} to ${most} are possible`);
}

function assertSegments(segmentBytes: number, least: number, frameBytesMax: number): void {
  const most = RECEIVED_FRAME_BYTES_MAX;
  if (
    least > SEGMENT_BYTES_MIN &&
    Number.isInteger(segmentBytes) &&
    segmentBytes > 0 &&
    segmentBytes < least
  ) {
    throw new ArgumentRangeError(
      `cannot receive segments of ${segmentBytes} bytes: a frame of ${frameBytesMax} bytes would need more than ` +
        `${UIO_MAXIOV} of them (IOV_MAX), the smallest possible are ${least} bytes`,
    );
  }
  assertRange('segments', segmentBytes, least, most);
}

function cacheLines(bytes: number): number {
  return Math.ceil(bytes / CACHE_LINE_BYTES);
}

function oddCacheLines(bytes: number): number {
  return (cacheLines(bytes) | 1) * CACHE_LINE_BYTES;
}
