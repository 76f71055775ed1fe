import { VIRTIO_NET_HDR_SIZE, VirtioNetHeader } from '../../../packet/headers/virtio-net-header.js';
import type { FrameStore } from '../../../tap/memory/frame-arena.js';
import { copyHeader, type PreparedFrame } from './prepared-frame.js';

/** Writes the virtio-net headers of frames that lie in a store. */
export class StoredHeaders {
  readonly #bytes: Uint8Array;
  readonly #headerBytes: number;
  /** Undefined for a device without such headers. */
  readonly #cursor: VirtioNetHeader | undefined;

  /** Borrows `store`. @param headerBytes of each header */
  constructor({ bytes }: FrameStore, headerBytes: number) {
    this.#bytes = bytes;
    this.#headerBytes = headerBytes;
    this.#cursor =
      headerBytes < VIRTIO_NET_HDR_SIZE ? undefined : new VirtioNetHeader(bytes, { size: headerBytes });
  }

  /** Writes the header of the frame that begins at `offset`. It is one of zeros if the frame has none. */
  write(offset: number, { hasHeader, header }: PreparedFrame): void {
    const start = offset - this.#headerBytes;
    for (let at = start; at < offset; at++) this.#bytes[at] = 0; // `fill` takes ten times as long.
    if (!hasHeader || this.#cursor === undefined) return;
    this.#cursor.moveTo(start);
    copyHeader(header, this.#cursor);
  }
}
