import { TCP_CHECKSUM } from '../headers/tcp-header.js';
import { UDP_CHECKSUM, UDP_LENGTH } from '../headers/udp-header.js';
import { VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM } from '../headers/virtio-net-header.js';
import { SegmentLayout } from './segment-layout.js';
import { transportPseudoSum } from './transport-pseudo-sum.js';

/** The fields of a virtio-net header that ask the kernel to finish a checksum; a `VirtioNetHeader` has them. */
export interface WritableVirtioChecksum {
  flags: number;
  checksumStart: number;
  checksumOffset: number;
}

export interface PreparationOptions {
  /**
   * Bytes of the whole frame, if only its beginning is passed: the first of several segments, which has all headers.
   * @default the length of what is passed
   */
  readonly frameBytes?: number;
}

/** The largest number in a datagram's length field. Bytes. */
const UDP_LENGTH_MAX = 0xffff;

/** Shared by all calls: it keeps nothing between them. */
const layout = new SegmentLayout();

/**
 * Leaves the TCP or UDP checksum of `frame` to the kernel: writes the pseudo header's sum into the checksum's field, and
 * flag, start and offset (bytes) into `header`. It knows VLAN tags, IPv4 with options, and IPv6 with hop-by-hop, routing
 * and destination options. False, and nothing is changed, for anything else: other protocols, fragments, a frame that was
 * cut, or bytes behind the packet that the kernel would add to the sum.
 *
 * For a frame of a burst pass `burst.frame(i)` and `burst.facts(i)`: `append` copied your bytes, and the copy is what has
 * to change. For a frame in segments pass the first segment, and `frameBytes`.
 *
 * Source: include/uapi/linux/virtio_net.h, VIRTIO_NET_HDR_F_NEEDS_CSUM.
 */
export function prepareChecksum(
  frame: Uint8Array,
  header: WritableVirtioChecksum,
  options: PreparationOptions = {},
): boolean {
  if (!layout.read(frame, options.frameBytes) || !layout.endsWithPayload(frame)) return false;
  return leaveChecksum(frame, layout, header);
}

/**
 * As `prepareChecksum`, for a frame that `at` describes. False, and nothing is changed, if a datagram's length differs from
 * its packet's, since the kernel sums up to the end of the frame.
 */
export function leaveChecksum(frame: Uint8Array, at: SegmentLayout, header: WritableVirtioChecksum): boolean {
  const { isTcp, transportOffset } = at;
  const transportBytes = at.payloadEnd - transportOffset;
  if (!isTcp) {
    const said = (frame[transportOffset + UDP_LENGTH]! << 8) | frame[transportOffset + UDP_LENGTH + 1]!;
    // 0 means more than 65,535 bytes.
    if (said !== transportBytes && !(said === 0 && transportBytes > UDP_LENGTH_MAX)) return false;
  }
  header.flags = (header.flags & ~VIRTIO_NET_HDR_F_DATA_VALID) | VIRTIO_NET_HDR_F_NEEDS_CSUM;
  header.checksumStart = transportOffset;
  header.checksumOffset = isTcp ? TCP_CHECKSUM : UDP_CHECKSUM;
  const sum = transportPseudoSum(frame, at, transportBytes);
  const field = transportOffset + header.checksumOffset;
  frame[field] = sum >>> 8;
  frame[field + 1] = sum;
  return true;
}
