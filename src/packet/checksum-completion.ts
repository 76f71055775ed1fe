import { addBytes, finishChecksum } from './internet-checksum.js';
import { VIRTIO_NET_HDR_F_NEEDS_CSUM } from './virtio-net-header.js';

const CHECKSUM_SIZE = 2;

/** What a virtio-net header says of the checksum; a `VirtioNetHeader` is one. */
export interface ChecksumFacts {
  readonly flags: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/**
 * Finishes in place the checksum that the kernel left to the device: the field holds the pseudo header's sum and
 * becomes the checksum of everything from `checksumStart` to the end of `frame`. A frame that does not need it stays
 * as it is. False, and nothing changed, when the facts point outside the frame, as they do when it was cut.
 */
export function completeChecksum(frame: Uint8Array, facts: ChecksumFacts): boolean {
  if ((facts.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return true;
  const field = facts.checksumStart + facts.checksumOffset;
  if (field + CHECKSUM_SIZE > frame.length) return false;
  const checksum = finishChecksum(addBytes(0, frame, facts.checksumStart, frame.length));
  storeChecksum(frame, field, checksum);
  return true;
}

/** Stores a transport checksum. Zero means "none" to UDP and equals 0xffff in the sum, which the kernel stores too. */
export function storeChecksum(frame: Uint8Array, offset: number, checksum: number): void {
  const value = checksum === 0 ? 0xffff : checksum;
  frame[offset] = value >>> 8;
  frame[offset + 1] = value;
}
