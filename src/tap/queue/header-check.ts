import { VIRTIO_NET_HDR_SIZE } from '../../packet/headers/virtio-net-header.js';
import { probeVnetHeaderBytes } from '../../sys/tun.js';

/**
 * Notices that another process has changed the size of a device's virtio-net header. With another size, each frame begins at
 * another byte of its buffer.
 *
 * Most frames prove the size themselves, without a call. The kernel writes a header of 10 bytes. It fills a longer one with zeros
 * (Linux 6.15), or leaves those bytes as they were, which `prepare` has set to 0. So if byte 10 is not 0, a frame begins there. If
 * it is 0, or if the header is longer than 10 bytes, the kernel is asked once a burst. That call takes the lock of rtnetlink.
 */
export class HeaderCheck {
  readonly #headerBytes: number;
  readonly #fd: number;
  readonly #present = new Int32Array(1);
  #isDoubtful = false;

  /** @param headerBytes the size that readers expect; 0 for a device without headers, which cannot get one while it is in use */
  constructor({ fd, headerBytes }: { readonly fd: number; readonly headerBytes: number }) {
    this.#fd = fd;
    this.#headerBytes = headerBytes;
  }

  /** Prepares the buffer at `bytes[header]` for a read. */
  prepare(bytes: Uint8Array, header: number): void {
    bytes[header + VIRTIO_NET_HDR_SIZE] = 0;
  }

  /** Takes note of the frame that was read to `bytes[header]`. */
  note(bytes: Uint8Array, header: number): void {
    if (this.#headerBytes !== VIRTIO_NET_HDR_SIZE || bytes[header + VIRTIO_NET_HDR_SIZE] === 0)
      this.#isDoubtful = true;
  }

  /**
   * Returns the present size if it is another one than expected, and undefined if the frames that were noted since the last call
   * are right.
   */
  changed(): number | undefined {
    if (!this.#isDoubtful) return undefined;
    this.#isDoubtful = false;
    if (this.#headerBytes === 0 || probeVnetHeaderBytes(this.#fd, this.#present) < 0) return undefined;
    const present = this.#present[0]!;
    return present === this.#headerBytes ? undefined : present;
  }
}
