import { addBytes, finishChecksum } from '../bytes/internet-checksum.js';
import { VIRTIO_NET_HDR_F_NEEDS_CSUM } from '../headers/virtio-net-header.js';

const CHECKSUM_SIZE = 2;

// Source: include/net/checksum.h.
/** What stands for a checksum of zero. */
export const CHECKSUM_MANGLED_0 = 0xffff;

/** What a virtio-net header says of the checksum; a `VirtioNetHeader` is one. */
export interface VirtioChecksum {
  readonly flags: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/**
 * Finishes in place the checksum that the kernel left to the device: the field holds the pseudo header's sum and
 * becomes the checksum of everything from `checksumStart` to the end of `frame`. A frame that does not need it stays
 * as it is. False, and nothing changed, when the header point outside the frame, as they do when it was cut.
 */
export function completeChecksum(frame: Uint8Array, header: VirtioChecksum): boolean {
  if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return true;
  const field = header.checksumStart + header.checksumOffset;
  if (field + CHECKSUM_SIZE > frame.length) return false;
  // Zero means "none" to UDP and equals 0xffff in the sum: the kernel, too, stores the latter whatever the protocol.
  const checksum =
    finishChecksum(addBytes(0, frame, header.checksumStart, frame.length)) || CHECKSUM_MANGLED_0;
  frame[field] = checksum >>> 8;
  frame[field + 1] = checksum;
  return true;
}
