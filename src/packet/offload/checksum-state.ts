import { VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM } from '../headers/virtio-net-header.js';

/**
 * What the kernel says of a frame's TCP or UDP checksum: `good`, it was verified; `partial`, only the pseudo header is
 * summed and the rest is to be computed; `unknown`, it was not looked at and is as the sender left it.
 */
export type ChecksumState = 'good' | 'partial' | 'unknown';

/**
 * The checksum state of a received frame, from its virtio-net header.
 * Source: include/uapi/linux/virtio_net.h, VIRTIO_NET_HDR_F_*. If both flags are set, the checksum is still to be computed.
 */
export function checksumState({ flags }: { readonly flags: number }): ChecksumState {
  if ((flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) return 'partial';
  return (flags & VIRTIO_NET_HDR_F_DATA_VALID) !== 0 ? 'good' : 'unknown';
}
