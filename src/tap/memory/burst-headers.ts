import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_FLAGS,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TYPE,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
} from '../../packet/headers/virtio-net-header.js';

/**
 * The virtio-net headers of a burst's frames: in front of each frame, or, where the device has none, beside them and
 * for nobody but the sender, who may have set something that such a device cannot do.
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

  /** The cursor, moved to frame `index`, which begins at byte `offset`. */
  at(index: number, offset: number): VirtioNetHeader {
    this.#cursor.moveTo(this.#headerBytes > 0 ? offset - this.#headerBytes : index * VIRTIO_NET_HDR_SIZE);
    return this.#cursor;
  }

  /** For a new frame `index`: no facts from the one before. Those in front of frames are overwritten with them. */
  reset(index: number): void {
    if (this.#headerBytes > 0) return;
    this.#bare.fill(0, index * VIRTIO_NET_HDR_SIZE, (index + 1) * VIRTIO_NET_HDR_SIZE);
  }

  /** Whether frame `index` asks for work, and has no header to say so to the kernel. */
  isNeeded(index: number): boolean {
    if (this.#headerBytes > 0) return false;
    // Not by the cursor, which the caller may hold.
    const at = index * VIRTIO_NET_HDR_SIZE;
    const needsChecksum = (this.#bare[at + VIRTIO_NET_HDR_FLAGS]! & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0;
    return needsChecksum || this.#bare[at + VIRTIO_NET_HDR_GSO_TYPE] !== VIRTIO_NET_HDR_GSO_NONE;
  }
}
