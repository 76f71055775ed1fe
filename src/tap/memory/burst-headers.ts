import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TYPE,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
} from '../../packet/headers/virtio-net-header.js';

/**
 * The virtio-net headers of a burst's frames. They lie in front of the frames. If the device has no header
 * they lie beside the frames, where the kernel never sees them: they show whether the sender asked for work
 * that such a device cannot do.
 */
export class BurstHeaders {
  readonly #headerBytes: number;
  readonly #bare: Uint8Array;
  readonly #cursor: VirtioNetHeader;

  /** @param bytes the memory that frames lie in */
  constructor(bytes: Uint8Array, headerBytes: number, framesMax: number) {
    this.#headerBytes = headerBytes;
    this.#bare = new Uint8Array(headerBytes > 0 ? 0 : framesMax * VIRTIO_NET_HDR_SIZE);
    this.#cursor =
      headerBytes > 0 ? new VirtioNetHeader(bytes, { size: headerBytes }) : new VirtioNetHeader(this.#bare);
  }

  /** Returns the cursor, moved to the header of frame `index`, which begins at byte `offset`. */
  at(index: number, offset: number): VirtioNetHeader {
    this.#cursor.moveTo(this.#headerBytes > 0 ? offset - this.#headerBytes : index * VIRTIO_NET_HDR_SIZE);
    return this.#cursor;
  }

  /**
   * Clears the header of a new frame `index`, so that it has nothing of the frame before. A header in front
   * of a frame is overwritten with the frame.
   */
  reset(index: number): void {
    if (this.#headerBytes > 0) return;
    this.#bare.fill(0, index * VIRTIO_NET_HDR_SIZE, (index + 1) * VIRTIO_NET_HDR_SIZE);
  }

  /** Returns whether frame `index` asks for work and has no header that tells the kernel. */
  isNeeded(index: number): boolean {
    if (this.#headerBytes > 0) return false;
    // Without the cursor, which the caller may be using.
    const at = index * VIRTIO_NET_HDR_SIZE;
    const needsChecksum = (this.#bare[at + VIRTIO_NET_HDR_FLAGS]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0;
    return needsChecksum || this.#bare[at + VIRTIO_NET_HDR_GSO_TYPE] !== VIRTIO_NET_HDR_GSO_NONE;
  }
}
