import type { PlacedFrame } from '../../../packet/capture/placed-frame.js';
import {
  VIRTIO_NET_HDR_CSUM_OFFSET,
  VIRTIO_NET_HDR_CSUM_START,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TYPE,
} from '../../../packet/headers/virtio-net-header.js';
import { completeChecksum, storeChecksum } from '../../../packet/offload/checksum-completion.js';
import { Segmentation } from '../../../packet/offload/segmentation.js';
import type { MutableFrame } from '../sinks/captured-frame.js';
import { CapturedHeader } from '../sinks/captured-header.js';

const NO_BYTES = new Uint8Array();

/** Does what the kernel left to the device: finishes checksums and cuts what is to be segmented. */
export class FrameFinishing {
  readonly #header = new CapturedHeader();
  readonly #segmentation = new Segmentation();

  /** Finishes the checksum of `frame` in place, if it is unfinished and the frame is whole. */
  finish(frame: MutableFrame): void {
    const { header, bytes } = frame;
    if (header.length === 0 || (header[VIRTIO_NET_HDR_FLAGS]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return;
    // The checksum includes the bytes that were cut off.
    if (frame.checksumFinished || bytes.length < frame.originalLength) return;
    this.#header.take(header);
    frame.checksumFinished = completeChecksum(bytes, this.#header.fields);
  }

  /** As `finish`. */
  finishPlaced(frame: PlacedFrame): void {
    const { memory, word, length, headerHalf, headerBytes } = frame;
    const { halves, bytes } = memory;
    // The flags are the first byte.
    if (headerBytes === 0 || (halves[headerHalf]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) === 0) return;
    if (length < frame.originalLength) return;
    const start = halves[headerHalf + VIRTIO_NET_HDR_CSUM_START / 2]!;
    const field = halves[headerHalf + VIRTIO_NET_HDR_CSUM_OFFSET / 2]!;
    frame.checksumFinished = storeChecksum(bytes, word * 4, word * 4 + length, start, field);
  }

  /**
   * Begins to cut `frame`. Then call `nextSegment` until it returns false. False if it is one ordinary frame, or cannot be
   * cut.
   */
  beginSegments(frame: MutableFrame): boolean {
    const { header } = frame;
    if (header.length === 0) return false;
    if ((header[VIRTIO_NET_HDR_GSO_TYPE]! & ~VIRTIO_NET_HDR_GSO_ECN) === VIRTIO_NET_HDR_GSO_NONE)
      return false;
    this.#header.take(header);
    return this.#segmentation.begin(frame.bytes, this.#header.fields);
  }

  /** Turns `frame` into its next segment, an ordinary frame without virtio-net header. */
  nextSegment(frame: MutableFrame): boolean {
    if (!this.#segmentation.next()) return false;
    frame.bytes = this.#segmentation.segment;
    frame.originalLength = frame.bytes.length;
    frame.header = NO_BYTES;
    frame.checksumFinished = false;
    return true;
  }
}
