import { HOST_IS_LITTLE_ENDIAN } from '../../../packet/bytes/byte-order.js';
import {
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_HDR_LEN,
  VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
  VirtioNetHeader,
} from '../../../packet/headers/virtio-net-header.js';
import { type ChecksumState, checksumState } from '../../../packet/offload/checksum-state.js';
import { segmentationKind } from '../../../packet/offload/segmentation-kind.js';

/** A virtio-net header in words. Sizes and offsets are in bytes. */
export interface HeaderDescription {
  readonly checksum: ChecksumState;
  readonly gso: string;
  readonly ecn: boolean;
  readonly gsoBytes: number;
  readonly headerBytes: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/** Reads the virtio-net headers of captured frames: little-endian, 10 or 12 bytes. */
export class CapturedHeader {
  readonly #bytes = new Uint8Array(VIRTIO_NET_HDR_MRG_RXBUF_SIZE);
  /** The header of the last `take`. */
  readonly fields = new VirtioNetHeader(this.#bytes, { littleEndian: true });

  /** Copies `header`. */
  take(header: Uint8Array): void {
    this.#bytes.fill(0);
    this.#bytes.set(header);
  }

  /** The header in words. */
  describe(): HeaderDescription {
    const { fields } = this;
    return {
      checksum: checksumState(fields),
      gso: segmentationKind(fields) ?? String(fields.gsoType & ~VIRTIO_NET_HDR_GSO_ECN),
      ecn: (fields.gsoType & VIRTIO_NET_HDR_GSO_ECN) !== 0,
      gsoBytes: fields.gsoBytes,
      headerBytes: fields.headerBytes,
      checksumStart: fields.checksumStart,
      checksumOffset: fields.checksumOffset,
    };
  }
}

/** Turns virtio-net headers of this machine into headers of captured frames: little-endian. */
export class LittleEndianHeader {
  readonly #turned = new Uint8Array(VIRTIO_NET_HDR_MRG_RXBUF_SIZE);

  /** Returns `header`, 10 or 12 bytes in the order of this machine, with little-endian fields; borrowed until the next call. */
  of(header: Uint8Array): Uint8Array {
    if (HOST_IS_LITTLE_ENDIAN) return header;
    const turned = this.#turned.subarray(0, header.length);
    for (let at = 0; at < header.length; at++)
      turned[at] = header[at < VIRTIO_NET_HDR_HDR_LEN ? at : at ^ 1]!;
    return turned;
  }
}
