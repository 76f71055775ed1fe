import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TYPE,
} from '../../../packet/headers/virtio-net-header.js';
import { completeChecksum } from '../../../packet/offload/checksum-completion.js';
import { Segmentation } from '../../../packet/offload/segmentation.js';
import type { MutableFrame } from '../sinks/captured-frame.js';
import { CapturedHeader } from '../sinks/captured-header.js';

const NO_BYTES = new Uint8Array();

/** Does to frames what the kernel left to the device: finishes checksums, and cuts what is to be segmented. */
export class FrameFinishing {
  readonly #header = new CapturedHeader();
  readonly #segmentation = new Segmentation();

  /** Finishes the checksum of `frame`, in place, where that is to be done and possible. */
  finish(frame: MutableFrame): void {
    const { header, bytes } = frame;
    if (header.length === 0 || (header[VIRTIO_NET_HDR_FLAGS]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return;
    // What was cut off is in the sum.
    if (frame.checksumFinished || bytes.length < frame.originalLength) return;
    this.#header.take(header);
    frame.checksumFinished = completeChecksum(bytes, this.#header.fields);
  }

  /**
   * Begins to cut `frame`; false where it is one ordinary frame, or nobody knows how to cut it. Then call
   * `nextSegment` until it returns false.
   */
  beginSegments(frame: MutableFrame): boolean {
    const { header } = frame;
    if (header.length === 0) return false;
    if ((header[VIRTIO_NET_HDR_GSO_TYPE]! & ~VIRTIO_NET_HDR_GSO_ECN) === VIRTIO_NET_HDR_GSO_NONE)
      return false;
    this.#header.take(header);
    return this.#segmentation.begin(frame.bytes, this.#header.fields);
  }

  /** Makes `frame` the next of its segments, which is an ordinary frame: it has no virtio-net header. */
  nextSegment(frame: MutableFrame): boolean {
    if (!this.#segmentation.next()) return false;
    frame.bytes = this.#segmentation.segment;
    frame.originalLength = frame.bytes.length;
    frame.header = NO_BYTES;
    frame.checksumFinished = false;
    return true;
  }
}
