import { ArgumentRangeError } from '../../errors.js';
import { TCP_FLAG_CWR, TCP_FLAGS } from '../headers/tcp-header.js';
import {
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP_L4,
} from '../headers/virtio-net-header.js';
import {
  leaveChecksum,
  type PreparationOptions,
  type WritableVirtioChecksum,
} from './checksum-preparation.js';
import { SegmentLayout } from './segment-layout.js';

/** Largest piece that a virtio-net header can ask for. Bytes of payload. Source: gso_size is a __virtio16. */
export const SEGMENT_BYTES_MAX = 0xffff;

/** The fields of a virtio-net header that ask the kernel to cut a frame; a `VirtioNetHeader` has them. */
export interface WritableVirtioSegmentation extends WritableVirtioChecksum {
  gsoType: number;
  gsoBytes: number;
  headerBytes: number;
}

/** Shared by all calls: it keeps nothing between them. */
const layout = new SegmentLayout();

/**
 * Asks the kernel to cut `frame` into pieces of `segmentBytes` bytes of payload (TCP's MSS, or the size of UDP's
 * datagrams). Writes type, size, header length and ECN bit into `header`, and leaves the checksum to the kernel as
 * `prepareChecksum` does. False, and nothing is changed, if the payload is not longer than `segmentBytes`, and for frames
 * that `prepareChecksum` does not know. For a frame of a burst pass `burst.frame(i)` and `burst.facts(i)`: `append` copied
 * your bytes, and the copy is what has to change. Throws a RangeError unless `segmentBytes` is 1 to 65,535.
 *
 * Source: include/uapi/linux/virtio_net.h, VIRTIO_NET_HDR_GSO_*.
 */
export function requestSegmentation(
  frame: Uint8Array,
  header: WritableVirtioSegmentation,
  segmentBytes: number,
  options: PreparationOptions = {},
): boolean {
  if (!Number.isInteger(segmentBytes) || segmentBytes < 1 || segmentBytes > SEGMENT_BYTES_MAX) {
    throw new ArgumentRangeError(
      `cannot cut into ${segmentBytes} bytes: 1 to ${SEGMENT_BYTES_MAX} are possible`,
    );
  }
  if (!layout.read(frame, options.frameBytes) || !layout.endsExactly) return false;
  if (layout.payloadEnd - layout.payloadOffset <= segmentBytes) return false;
  if (!leaveChecksum(frame, layout, header)) return false;
  header.gsoType = gsoTypeOf(frame);
  header.gsoBytes = segmentBytes;
  header.headerBytes = layout.payloadOffset;
  return true;
}

/** The kernel keeps CWR in the first piece alone, but only if the ECN bit is set. */
function gsoTypeOf(frame: Uint8Array): number {
  if (!layout.isTcp) return VIRTIO_NET_HDR_GSO_UDP_L4;
  const ecn = (frame[layout.transportOffset + TCP_FLAGS]! & TCP_FLAG_CWR) !== 0 ? VIRTIO_NET_HDR_GSO_ECN : 0;
  return (layout.isIpv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6) | ecn;
}
