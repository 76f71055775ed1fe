import {
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
} from '../headers/virtio-net-header.js';

/**
 * What a frame is to be cut into: `none`, it is one ordinary frame; `tcp4` and `tcp6`, TCP segments; `uso`, datagrams of
 * UDP; `ufo`, IP fragments of one datagram, which kernels have not sent since Linux 4.14.
 */
export type SegmentationKind = 'none' | 'tcp4' | 'tcp6' | 'ufo' | 'uso';

const KINDS: Readonly<Record<number, SegmentationKind>> = {
  [VIRTIO_NET_HDR_GSO_NONE]: 'none',
  [VIRTIO_NET_HDR_GSO_TCPV4]: 'tcp4',
  [VIRTIO_NET_HDR_GSO_UDP]: 'ufo',
  [VIRTIO_NET_HDR_GSO_TCPV6]: 'tcp6',
  [VIRTIO_NET_HDR_GSO_UDP_L4]: 'uso',
};

/**
 * What the frame with this virtio-net header is to be cut into, whether or not TCP uses ECN. Undefined for an unknown type.
 * Source: include/uapi/linux/virtio_net.h, VIRTIO_NET_HDR_GSO_*.
 */
export function segmentationKind({ gsoType }: { readonly gsoType: number }): SegmentationKind | undefined {
  return KINDS[gsoType & ~VIRTIO_NET_HDR_GSO_ECN];
}
