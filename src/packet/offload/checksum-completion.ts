import { addBytes, finishChecksum } from '../bytes/internet-checksum.js';
import { VIRTIO_NET_HDR_F_NEEDS_CSUM } from '../headers/virtio-net-header.js';

const CHECKSUM_SIZE = 2;

// Source: include/net/checksum.h.
/** Is stored in place of a checksum of zero. */
export const CHECKSUM_MANGLED_0 = 0xffff;

/** The fields of a virtio-net header that are about the checksum; a `VirtioNetHeader` has them. */
export interface VirtioChecksum {
  readonly flags: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/**
 * Finishes in place the checksum that the kernel left to the device. Its field holds the pseudo header's sum and becomes
 * the checksum of everything from `checksumStart` to the end of `frame`. A frame that does not need it is not changed.
 * False, and nothing is changed, if the header points outside the frame, as it does if the frame was cut.
 */
export function completeChecksum(frame: Uint8Array, header: VirtioChecksum): boolean {
  if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return true;
  return storeChecksum(frame, 0, frame.length, header.checksumStart, header.checksumOffset);
}

/**
 * As `completeChecksum`, for a frame that needs it and lies in `bytes` from `start` to before `end`.
 *
 * More than two positional parameters: an options object would be an allocation for each frame.
 */
export function storeChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  checksumStart: number,
  checksumOffset: number,
): boolean {
  const field = start + checksumStart + checksumOffset;
  if (field + CHECKSUM_SIZE > end) return false;
  // To UDP zero means "no checksum"; 0xffff has the same sum. The kernel, too, stores 0xffff, for every protocol.
  const checksum = finishChecksum(addBytes(0, bytes, start + checksumStart, end)) || CHECKSUM_MANGLED_0;
  bytes[field] = checksum >>> 8;
  bytes[field + 1] = checksum;
  return true;
}
