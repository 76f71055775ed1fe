import {
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_MRG_RXBUF_SIZE,
  VirtioNetHeader,
} from '../../../packet/headers/virtio-net-header.js';
import { type ChecksumState, checksumState } from '../../../packet/offload/checksum-state.js';
import { segmentationKind } from '../../../packet/offload/segmentation-kind.js';

/** What a virtio-net header says, in words; bytes and offsets as it has them. */
export interface HeaderDescription {
  readonly checksum: ChecksumState;
  readonly gso: string;
  readonly ecn: boolean;
  readonly gsoBytes: number;
  readonly headerBytes: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/** Reads virtio-net headers as captured frames have them: little-endian, 10 or 12 bytes. */
export class CapturedHeader {
  readonly #bytes = new Uint8Array(VIRTIO_NET_HDR_MRG_RXBUF_SIZE);
  /** The header that `take` took last. */
  readonly fields = new VirtioNetHeader(this.#bytes, { littleEndian: true });

  /** Takes a copy of `header`. */
  take(header: Uint8Array): void {
    this.#bytes.fill(0);
    this.#bytes.set(header);
  }

  /** What it says. */
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
