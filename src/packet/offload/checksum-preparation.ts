import { TCP_CHECKSUM } from '../headers/tcp-header.js';
import { UDP_CHECKSUM, UDP_LENGTH } from '../headers/udp-header.js';
import { VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM } from '../headers/virtio-net-header.js';
import { SegmentLayout } from './segment-layout.js';
import { transportPseudoSum } from './transport-pseudo-sum.js';

/** What a virtio-net header has to say for its checksum to be finished by the kernel; a `VirtioNetHeader` is one. */
export interface WritableVirtioChecksum {
  flags: number;
  checksumStart: number;
  checksumOffset: number;
}

export interface PreparationOptions {
  /**
   * Bytes of the whole frame where the bytes given are only its beginning, with all headers in it: the first of
   * several segments.
   * @default all are given
   */
  readonly frameBytes?: number;
}

/** Longest datagram that its own length field can tell. Bytes. */
const UDP_LENGTH_MAX = 0xffff;

/** One for all: it holds nothing beyond a call. */
const layout = new SegmentLayout();

/**
 * Leaves the TCP or UDP checksum of `frame` to the kernel: writes the pseudo header's sum into its field, and flag,
 * start and offset (bytes) into `header`. IPv4 with options, IPv6 with hop-by-hop, routing and destination options, and
 * VLAN tags are understood. False, and nothing changed, for anything else: other protocols, fragments, a frame that was
 * cut, or one whose bytes behind the packet would count in the sum.
 *
 * Of a burst pass `burst.frame(i)` and `burst.facts(i)`: the frame is changed, and bytes that you appended were copied.
 * Of a frame in segments pass the first of them, and `frameBytes`.
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
 * As `prepareChecksum`, of a frame that `at` describes. False, and nothing changed, where a datagram has another length
 * than its packet: the kernel sums to the end of the frame.
 */
export function leaveChecksum(frame: Uint8Array, at: SegmentLayout, header: WritableVirtioChecksum): boolean {
  const { isTcp, transportOffset } = at;
  const transportBytes = at.payloadEnd - transportOffset;
  if (!isTcp) {
    const said = (frame[transportOffset + UDP_LENGTH]! << 8) | frame[transportOffset + UDP_LENGTH + 1]!;
    // 0 stands for more than 65,535 bytes.
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
