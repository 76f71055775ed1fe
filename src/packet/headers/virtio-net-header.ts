import { ArgumentRangeError } from '../../errors.js';
import { HOST_IS_LITTLE_ENDIAN } from '../bytes/byte-order.js';

// Source: include/uapi/linux/virtio_net.h, struct virtio_net_hdr and struct virtio_net_hdr_mrg_rxbuf. Bytes.
export const VIRTIO_NET_HDR_SIZE = 10;
export const VIRTIO_NET_HDR_MRG_RXBUF_SIZE = 12;
export const VIRTIO_NET_HDR_FLAGS = 0; //        __u8
export const VIRTIO_NET_HDR_GSO_TYPE = 1; //     __u8
export const VIRTIO_NET_HDR_HDR_LEN = 2; //      __virtio16
export const VIRTIO_NET_HDR_GSO_SIZE = 4; //     __virtio16
export const VIRTIO_NET_HDR_CSUM_START = 6; //   __virtio16
export const VIRTIO_NET_HDR_CSUM_OFFSET = 8; //  __virtio16
export const VIRTIO_NET_HDR_NUM_BUFFERS = 10; // __virtio16, only with 12 bytes

/** flags: the checksum at csum_start + csum_offset holds the pseudo header's sum and is to be finished. */
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
/** flags: the checksum has been verified. */
export const VIRTIO_NET_HDR_F_DATA_VALID = 2;

/** gso_type: one ordinary frame. */
export const VIRTIO_NET_HDR_GSO_NONE = 0;
/** gso_type: TCP over IPv4, to be cut into pieces of gso_size. */
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
/** gso_type: UDP over IPv4 or IPv6, to be fragmented (UFO). */
export const VIRTIO_NET_HDR_GSO_UDP = 3;
/** gso_type: TCP over IPv6. */
export const VIRTIO_NET_HDR_GSO_TCPV6 = 4;
/** gso_type: datagrams of gso_size each (USO). */
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;
/** A bit that any gso_type may have besides: the TCP stream uses ECN. */
export const VIRTIO_NET_HDR_GSO_ECN = 0x80;

export interface VirtioNetHeaderOptions {
  /** Bytes of one header, as TUNGETVNETHDRSZ returns them. @default VIRTIO_NET_HDR_SIZE */
  readonly size?: number;
  /**
   * Order of the 16-bit fields: the machine's own, unless TUNSETVNETLE or TUNSETVNETBE changed it.
   * @default HOST_IS_LITTLE_ENDIAN
   */
  readonly littleEndian?: boolean;
}

/**
 * Reads and writes the fields of the virtio-net headers in a buffer; `moveTo` chooses the header.
 *
 * The buffer is borrowed. Nothing is allocated after the construction.
 */
export class VirtioNetHeader {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #offset = 0;

  /** @throws {RangeError} when a header is smaller than 10 bytes or the buffer smaller than a header. */
  constructor(bytes: Uint8Array, options: VirtioNetHeaderOptions = {}) {
    this.size = options.size ?? VIRTIO_NET_HDR_SIZE;
    if (this.size < VIRTIO_NET_HDR_SIZE) {
      throw new ArgumentRangeError(
        `cannot use a virtio-net header of ${this.size} bytes: the smallest is 10`,
      );
    }
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = options.littleEndian ?? HOST_IS_LITTLE_ENDIAN;
    this.moveTo(0);
  }

  /** Moves to the header that begins at `offset`; the accessors then cannot fail. */
  moveTo(offset: number): void {
    if (offset < 0 || offset + this.size > this.#bytes.length) {
      throw new ArgumentRangeError(
        `cannot read a virtio-net header at ${offset}: ${this.size} bytes wanted, the buffer has ${this.#bytes.length}`,
      );
    }
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get flags(): number {
    return this.#bytes[this.#offset + VIRTIO_NET_HDR_FLAGS]!;
  }

  set flags(value: number) {
    this.#bytes[this.#offset + VIRTIO_NET_HDR_FLAGS] = value;
  }

  /** The raw byte: VIRTIO_NET_HDR_GSO_ECN may be set in it. */
  get gsoType(): number {
    return this.#bytes[this.#offset + VIRTIO_NET_HDR_GSO_TYPE]!;
  }

  set gsoType(value: number) {
    this.#bytes[this.#offset + VIRTIO_NET_HDR_GSO_TYPE] = value;
  }

  /** Bytes of all headers, Ethernet to TCP or UDP; a hint that may be 0. */
  get headerBytes(): number {
    return this.#read(VIRTIO_NET_HDR_HDR_LEN);
  }

  set headerBytes(value: number) {
    this.#write(VIRTIO_NET_HDR_HDR_LEN, value);
  }

  /** Payload bytes of each piece that the frame is to be cut into. */
  get gsoBytes(): number {
    return this.#read(VIRTIO_NET_HDR_GSO_SIZE);
  }

  set gsoBytes(value: number) {
    this.#write(VIRTIO_NET_HDR_GSO_SIZE, value);
  }

  /** Where in the frame the checksum begins to count. */
  get checksumStart(): number {
    return this.#read(VIRTIO_NET_HDR_CSUM_START);
  }

  set checksumStart(value: number) {
    this.#write(VIRTIO_NET_HDR_CSUM_START, value);
  }

  /** Where the checksum is stored, counted from `checksumStart`. */
  get checksumOffset(): number {
    return this.#read(VIRTIO_NET_HDR_CSUM_OFFSET);
  }

  set checksumOffset(value: number) {
    this.#write(VIRTIO_NET_HDR_CSUM_OFFSET, value);
  }

  /** Merged buffers; 0 if the header has only 10 bytes. A TAP does not merge, so it is 0 or 1. */
  get bufferCount(): number {
    return this.size < VIRTIO_NET_HDR_MRG_RXBUF_SIZE ? 0 : this.#read(VIRTIO_NET_HDR_NUM_BUFFERS);
  }

  /** Makes it the header of one ordinary frame: nothing to finish, nothing to cut. */
  clear(): void {
    this.#bytes.fill(0, this.#offset, this.#offset + this.size);
  }

  #read(field: number): number {
    return this.#view.getUint16(this.#offset + field, this.#littleEndian);
  }

  #write(field: number, value: number): void {
    this.#view.setUint16(this.#offset + field, value, this.#littleEndian);
  }
}
