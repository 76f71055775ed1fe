import { VIRTIO_NET_HDR_SIZE } from '../../packet/headers/virtio-net-header.js';
import type { FrameBurst } from '../memory/frame-burst.js';

/**
 * Gives the frames of a received burst a virtio-net header of another size, in front of the same frame. The fields are those of the
 * 10 bytes that all sizes have. The rest of a longer header is 0: it counts buffers, and a TAP has one for each frame.
 *
 * Hot path, but only between devices whose headers differ.
 */
export function convertHeaders(burst: FrameBurst, fromBytes: number, toBytes: number): void {
  const { bytes, offsets, count } = burst;
  for (let index = 0; index < count; index++) {
    const frame = offsets[index]!;
    bytes.copyWithin(frame - toBytes, frame - fromBytes, frame - fromBytes + VIRTIO_NET_HDR_SIZE);
    bytes.fill(0, frame - toBytes + VIRTIO_NET_HDR_SIZE, frame);
  }
}
