import {
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_SIZE,
  VirtioNetHeader,
} from '../../../packet/headers/virtio-net-header.js';
import { completeChecksum } from '../../../packet/offload/checksum-completion.js';
import { prepareChecksum } from '../../../packet/offload/checksum-preparation.js';
import { SegmentLayout } from '../../../packet/offload/segment-layout.js';
import { requestSegmentation } from '../../../packet/offload/segmentation-request.js';
import { type FrameSource, NO_HEADER } from '../sources/frame-source.js';

/** The work that a run leaves to the kernel. */
export interface OffloadWishes {
  /** What the frame's capture says. */
  readonly stored: boolean;
  /** To finish TCP and UDP checksums. */
  readonly checksum: boolean;
  /** To cut TCP frames into pieces of this many bytes of payload; undefined for not to. */
  readonly tcpSegmentBytes: number | undefined;
  /** The same for UDP. */
  readonly udpSegmentBytes: number | undefined;
}

/** Room for the largest frame of the kernel. It grows for larger ones. Bytes. */
const STAGING_BYTES = 65_600;

/**
 * A source's frame as it is sent: its bytes and its virtio-net header. One object serves for all frames of a run. What it
 * shows is borrowed until the next `prepare`.
 */
export class PreparedFrame {
  /** In the machine's byte order. Valid only if `hasHeader`. */
  readonly header = new VirtioNetHeader(new Uint8Array(VIRTIO_NET_HDR_SIZE));
  readonly #wishes: OffloadWishes;
  readonly #asks: boolean;
  readonly #layout = new SegmentLayout();
  readonly #storedBytes = new Uint8Array(VIRTIO_NET_HDR_SIZE);
  readonly #stored = new VirtioNetHeader(this.#storedBytes, { littleEndian: true });
  #staging = new Uint8Array(STAGING_BYTES);
  #source: FrameSource | undefined;
  #stagedBytes: Uint8Array | undefined;
  #hasHeader = false;

  constructor(wishes: OffloadWishes) {
    this.#wishes = wishes;
    const { checksum, tcpSegmentBytes, udpSegmentBytes } = wishes;
    this.#asks = checksum || tcpSegmentBytes !== undefined || udpSegmentBytes !== undefined;
  }

  /** Prepares the source's current frame. */
  prepare(source: FrameSource): void {
    // Written only when they change: each write of a reference runs V8's write barrier.
    if (this.#source !== source) this.#source = source;
    if (this.#stagedBytes !== undefined) this.#stagedBytes = undefined;
    this.#hasHeader = false;
    const header = this.#wishes.stored ? source.virtioNetHeader : NO_HEADER;
    const isStored = header.length >= VIRTIO_NET_HDR_SIZE;
    // The header of a frame that was cut refers to bytes that are missing.
    if ((!isStored && !this.#asks) || source.length < source.originalLength) return;
    this.header.clear();
    if (isStored) this.#take(header, source.checksumFinished);
    if (this.#asks) this.#ask();
    this.#hasHeader = this.header.flags !== 0 || this.header.gsoType !== VIRTIO_NET_HDR_GSO_NONE;
  }

  get bytes(): Uint8Array {
    return this.#stagedBytes ?? this.#source?.frame ?? NO_HEADER;
  }

  /** Bytes of `bytes`. */
  get length(): number {
    return this.#source?.length ?? 0;
  }

  /** Whether its bytes are not those of the source. */
  get changed(): boolean {
    return this.#stagedBytes !== undefined;
  }

  /** Whether the header asks the kernel for anything, or says anything about the frame. */
  get hasHeader(): boolean {
    return this.#hasHeader;
  }

  /** Bytes of the longest frame that the kernel will make of it. */
  get longestBytes(): number {
    const { length } = this;
    if (!this.#hasHeader || this.header.gsoType === VIRTIO_NET_HDR_GSO_NONE) return length;
    const headerBytes = this.#layout.read(this.bytes) ? this.#layout.payloadOffset : this.header.headerBytes;
    return Math.min(headerBytes + this.header.gsoBytes, length);
  }

  /** Takes the header of a capture, which is little-endian; the device's is in the machine's order. */
  #take(header: Uint8Array, checksumFinished: boolean): void {
    for (let at = 0; at < VIRTIO_NET_HDR_SIZE; at++) this.#storedBytes[at] = header[at]!;
    copyHeader(this.#stored, this.header);
    // Done twice, the arithmetic undoes itself: the finished checksum becomes the sum that the kernel had left there.
    if (checksumFinished) completeChecksum(this.#stage(), this.header);
  }

  #ask(): void {
    if (!this.#layout.read(this.bytes)) return;
    const { checksum, tcpSegmentBytes, udpSegmentBytes } = this.#wishes;
    const segmentBytes = this.#layout.isTcp ? tcpSegmentBytes : udpSegmentBytes;
    if (segmentBytes !== undefined && requestSegmentation(this.#stage(), this.header, segmentBytes)) return;
    if (checksum) prepareChecksum(this.#stage(), this.header);
  }

  /** A copy of the bytes, which may be changed. The source's own are borrowed, and come again in the next pass. */
  #stage(): Uint8Array {
    if (this.#stagedBytes !== undefined) return this.#stagedBytes;
    const { bytes } = this;
    if (bytes.length > this.#staging.length) this.#staging = new Uint8Array(bytes.length);
    this.#staging.set(bytes);
    this.#stagedBytes = this.#staging.subarray(0, bytes.length);
    return this.#stagedBytes;
  }
}

/** Copies the fields that a TAP reads. */
export function copyHeader(from: VirtioNetHeader, to: VirtioNetHeader): void {
  to.flags = from.flags;
  to.gsoType = from.gsoType;
  to.headerBytes = from.headerBytes;
  to.gsoBytes = from.gsoBytes;
  to.checksumStart = from.checksumStart;
  to.checksumOffset = from.checksumOffset;
}
