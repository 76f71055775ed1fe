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

/** Largest piece that a virtio-net header can name. Bytes of payload. Source: gso_size is a __virtio16. */
export const SEGMENT_BYTES_MAX = 0xffff;

/** What a virtio-net header has to say for its frame to be cut by the kernel; a `VirtioNetHeader` is one. */
export interface WritableVirtioSegmentation extends WritableVirtioChecksum {
  gsoType: number;
  gsoBytes: number;
  headerBytes: number;
}

/** One for all: it holds nothing beyond a call. */
const layout = new SegmentLayout();

/**
 * Asks the kernel to cut `frame` into pieces of `segmentBytes` bytes of payload (TCP's MSS, or the datagrams of
 * UDP's segmentation): type, size, header length and ECN bit go into `header`, and the checksum is left to the
 * kernel as `prepareChecksum` does. False, and nothing changed, where the payload is not longer than `segmentBytes`
 * and for what `prepareChecksum` does not know. Of a burst pass `burst.frame(i)` and `burst.facts(i)`: the frame is
 * changed, and bytes that you appended were copied. Throws a RangeError unless `segmentBytes` is 1 to 65,535.
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
    throw new RangeError(`cannot cut into ${segmentBytes} bytes: 1 to ${SEGMENT_BYTES_MAX} are possible`);
  }
  if (!layout.read(frame, options.frameBytes) || !layout.endsExactly) return false;
  if (layout.payloadEnd - layout.payloadOffset <= segmentBytes) return false;
  if (!leaveChecksum(frame, layout, header)) return false;
  header.gsoType = gsoTypeOf(frame);
  header.gsoBytes = segmentBytes;
  header.headerBytes = layout.payloadOffset;
  return true;
}

/** The kernel keeps CWR for the first piece only where it is told of it. */
function gsoTypeOf(frame: Uint8Array): number {
  if (!layout.isTcp) return VIRTIO_NET_HDR_GSO_UDP_L4;
  const ecn = (frame[layout.transportOffset + TCP_FLAGS]! & TCP_FLAG_CWR) !== 0 ? VIRTIO_NET_HDR_GSO_ECN : 0;
  return (layout.isIpv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6) | ecn;
}
