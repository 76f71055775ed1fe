import { addBytes, finishChecksum } from '../bytes/internet-checksum.js';
import { IPV4_CHECKSUM, IPV4_ID, IPV4_TOTAL_LENGTH } from '../headers/ipv4-header.js';
import { IPV6_HEADER_SIZE, IPV6_PAYLOAD_LENGTH } from '../headers/ipv6-header.js';
import {
  TCP_CHECKSUM,
  TCP_FLAG_CWR,
  TCP_FLAG_FIN,
  TCP_FLAG_PSH,
  TCP_FLAGS,
  TCP_SEQUENCE,
} from '../headers/tcp-header.js';
import { UDP_CHECKSUM, UDP_LENGTH } from '../headers/udp-header.js';
import {
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP_L4,
} from '../headers/virtio-net-header.js';
import { CHECKSUM_MANGLED_0, completeChecksum, type VirtioChecksum } from './checksum-completion.js';
import { SegmentLayout } from './segment-layout.js';
import { transportPseudoSum } from './transport-pseudo-sum.js';

const NO_BYTES = new Uint8Array(0);

/** The fields of a virtio-net header that are about segmentation; a `VirtioNetHeader` has them. */
export interface VirtioSegmentation extends VirtioChecksum {
  readonly gsoType: number;
  /** Payload bytes of each segment. */
  readonly gsoBytes: number;
}

/**
 * A cursor over the ordinary frames that an offloaded frame stands for. TCP over IPv4 and IPv6 and UDP (USO) are cut into
 * pieces as a network card does it, with lengths, IP identifiers, sequence numbers, flags and checksums of their own. A
 * frame that is not to be cut comes once, with its checksum finished.
 *
 * After `begin`, call `next` until it returns false. `segment` is borrowed until the next `next` or `begin`. The frame is
 * borrowed from `begin` to the last `next`, and not changed.
 */
export class Segmentation {
  readonly #layout = new SegmentLayout();
  #buffer = NO_BYTES;
  #view = new DataView(NO_BYTES.buffer);
  #frame: Uint8Array = NO_BYTES;
  #segment: Uint8Array = NO_BYTES;
  #segmentBytes = 0;
  #index = 0;
  #segmentCount = 0;

  /**
   * Begins with a frame. False, and there are no segments, if no ordinary frames can be made of it: it was cut, it is not
   * what `header` says, or it is to be fragmented (UFO), which no kernel has asked for since Linux 4.14.
   */
  begin(frame: Uint8Array, header: VirtioSegmentation): boolean {
    this.#frame = frame;
    this.#index = 0;
    this.#segmentCount = 0;
    const gsoType = header.gsoType & ~VIRTIO_NET_HDR_GSO_ECN;
    if (gsoType === VIRTIO_NET_HDR_GSO_NONE) return this.#beginWhole(header);
    if (header.gsoBytes === 0 || !this.#layout.read(frame) || !this.#isOfType(gsoType)) return false;
    const { payloadOffset, payloadEnd } = this.#layout;
    this.#segmentBytes = header.gsoBytes;
    this.#segmentCount = Math.max(1, Math.ceil((payloadEnd - payloadOffset) / header.gsoBytes));
    this.#reserve(payloadOffset + Math.min(header.gsoBytes, payloadEnd - payloadOffset));
    return true;
  }

  next(): boolean {
    if (this.#index >= this.#segmentCount) return false;
    if (this.#segmentBytes > 0) this.#buildSegment();
    this.#index++;
    return true;
  }

  /** The current ordinary frame, from its Ethernet header on. */
  get segment(): Uint8Array {
    return this.#segment;
  }

  get segmentCount(): number {
    return this.#segmentCount;
  }

  #beginWhole(header: VirtioSegmentation): boolean {
    this.#segmentBytes = 0;
    this.#segment = this.#frame;
    if ((header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
      this.#reserve(this.#frame.length);
      this.#segment = this.#buffer.subarray(0, this.#frame.length);
      this.#segment.set(this.#frame);
      if (!completeChecksum(this.#segment, header)) return false;
    }
    this.#segmentCount = 1;
    return true;
  }

  #isOfType(gsoType: number): boolean {
    const { isIpv4, isTcp } = this.#layout;
    if (gsoType === VIRTIO_NET_HDR_GSO_UDP_L4) return !isTcp;
    if (gsoType === VIRTIO_NET_HDR_GSO_TCPV4) return isTcp && isIpv4;
    return gsoType === VIRTIO_NET_HDR_GSO_TCPV6 && isTcp && !isIpv4;
  }

  #reserve(byteCount: number): void {
    if (this.#buffer.length >= byteCount) return;
    this.#buffer = new Uint8Array(byteCount);
    this.#view = new DataView(this.#buffer.buffer);
  }

  #buildSegment(): void {
    const { payloadOffset, payloadEnd } = this.#layout;
    const from = payloadOffset + this.#index * this.#segmentBytes;
    const to = Math.min(from + this.#segmentBytes, payloadEnd);
    const end = payloadOffset + to - from;
    this.#buffer.set(this.#frame.subarray(0, payloadOffset));
    this.#buffer.set(this.#frame.subarray(from, to), payloadOffset);
    if (this.#layout.isIpv4) this.#writeIpv4(end);
    else
      this.#view.setUint16(this.#layout.networkOffset + IPV6_PAYLOAD_LENGTH, end - this.#ipv6PayloadOffset());
    if (this.#layout.isTcp) this.#writeTcp();
    else this.#view.setUint16(this.#layout.transportOffset + UDP_LENGTH, end - this.#layout.transportOffset);
    this.#writeChecksum(end);
    this.#segment = this.#buffer.subarray(0, end);
  }

  #ipv6PayloadOffset(): number {
    return this.#layout.networkOffset + IPV6_HEADER_SIZE;
  }

  #writeIpv4(end: number): void {
    const start = this.#layout.networkOffset;
    this.#view.setUint16(start + IPV4_TOTAL_LENGTH, end - start);
    this.#view.setUint16(start + IPV4_ID, this.#view.getUint16(start + IPV4_ID) + this.#index);
    this.#view.setUint16(start + IPV4_CHECKSUM, 0);
    const sum = addBytes(0, this.#buffer, start, this.#layout.transportOffset);
    this.#view.setUint16(start + IPV4_CHECKSUM, finishChecksum(sum));
  }

  /** FIN and PSH belong to the last segment, CWR to the first. */
  #writeTcp(): void {
    const start = this.#layout.transportOffset;
    const sequence = this.#view.getUint32(start + TCP_SEQUENCE) + this.#index * this.#segmentBytes;
    this.#view.setUint32(start + TCP_SEQUENCE, sequence);
    let flags = this.#buffer[start + TCP_FLAGS]!;
    if (this.#index > 0) flags &= ~TCP_FLAG_CWR;
    if (this.#index + 1 < this.#segmentCount) flags &= ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
    this.#buffer[start + TCP_FLAGS] = flags;
  }

  #writeChecksum(end: number): void {
    const { isTcp, transportOffset } = this.#layout;
    const field = transportOffset + (isTcp ? TCP_CHECKSUM : UDP_CHECKSUM);
    this.#view.setUint16(field, 0);
    const sum = transportPseudoSum(this.#buffer, this.#layout, end - transportOffset);
    const checksum = finishChecksum(addBytes(sum, this.#buffer, transportOffset, end));
    this.#view.setUint16(field, isTcp ? checksum : checksum || CHECKSUM_MANGLED_0);
  }
}
