import { ETH_P_IP, ETH_P_IPV6, NO_NETWORK_HEADER, networkOffset } from './ethernet-header.js';
import { IPPROTO_DSTOPTS, IPPROTO_HOPOPTS, IPPROTO_TCP, IPPROTO_UDP } from './ip-protocol.js';
import {
  IP_MF,
  IP_OFFMASK,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV4_VERSION_IHL,
} from './ipv4-header.js';
import { IPV6_HEADER_SIZE, IPV6_NEXT_HEADER, IPV6_PAYLOAD_LENGTH } from './ipv6-header.js';
import { TCP_DATA_OFFSET, TCP_HEADER_SIZE } from './tcp-header.js';
import { UDP_HEADER_SIZE } from './udp-header.js';

/**
 * Where the headers and the payload of a frame lie that is to be segmented: TCP or UDP over IPv4 or IPv6, unfragmented
 * and whole. Offsets are in bytes from the beginning of the frame. One object serves for many frames.
 */
export class SegmentLayout {
  networkOffset = 0;
  transportOffset = 0;
  payloadOffset = 0;
  /** Where the payload ends; padding may follow. */
  payloadEnd = 0;
  isIpv4 = false;
  /** Else it is UDP. */
  isTcp = false;

  /** Finds the layout of `frame`; false when it is of another kind, or not all there. */
  read(frame: Uint8Array): boolean {
    this.networkOffset = networkOffset(frame);
    if (this.networkOffset === NO_NETWORK_HEADER) return false;
    const etherType = readUint16(frame, this.networkOffset - 2);
    if (etherType === ETH_P_IP) return this.#readIpv4(frame);
    return etherType === ETH_P_IPV6 && this.#readIpv6(frame);
  }

  #readIpv4(frame: Uint8Array): boolean {
    const start = this.networkOffset;
    if (start + IPV4_HEADER_SIZE > frame.length) return false;
    const versionAndLength = frame[start + IPV4_VERSION_IHL]!;
    const headerBytes = (versionAndLength & 0x0f) * 4;
    if (versionAndLength >> 4 !== 4 || headerBytes < IPV4_HEADER_SIZE) return false;
    if ((readUint16(frame, start + IPV4_FRAGMENT) & (IP_MF | IP_OFFMASK)) !== 0) return false;
    // The length is 0 in packets above 65,535 bytes.
    const totalBytes = readUint16(frame, start + IPV4_TOTAL_LENGTH) || frame.length - start;
    this.isIpv4 = true;
    this.transportOffset = start + headerBytes;
    this.payloadEnd = start + totalBytes;
    return this.#readTransport(frame, frame[start + IPV4_PROTOCOL]!);
  }

  #readIpv6(frame: Uint8Array): boolean {
    const start = this.networkOffset;
    if (start + IPV6_HEADER_SIZE > frame.length || frame[start]! >> 4 !== 6) return false;
    const payloadBytes = readUint16(frame, start + IPV6_PAYLOAD_LENGTH);
    let nextHeader = frame[start + IPV6_NEXT_HEADER]!;
    // A jumbo payload option would have to be taken out of every segment: such a packet stays whole.
    if (payloadBytes === 0 && nextHeader === IPPROTO_HOPOPTS) return false;
    let offset = start + IPV6_HEADER_SIZE;
    while (nextHeader === IPPROTO_HOPOPTS || nextHeader === IPPROTO_DSTOPTS) {
      if (offset + 2 > frame.length) return false;
      nextHeader = frame[offset]!;
      offset += (frame[offset + 1]! + 1) * 8;
    }
    this.isIpv4 = false;
    this.transportOffset = offset;
    this.payloadEnd = payloadBytes === 0 ? frame.length : start + IPV6_HEADER_SIZE + payloadBytes;
    return this.#readTransport(frame, nextHeader);
  }

  #readTransport(frame: Uint8Array, protocol: number): boolean {
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return false;
    this.isTcp = protocol === IPPROTO_TCP;
    const least = this.isTcp ? TCP_HEADER_SIZE : UDP_HEADER_SIZE;
    if (this.payloadEnd > frame.length || this.transportOffset + least > this.payloadEnd) return false;
    const headerBytes = this.isTcp
      ? (frame[this.transportOffset + TCP_DATA_OFFSET]! >> 4) * 4
      : UDP_HEADER_SIZE;
    this.payloadOffset = this.transportOffset + headerBytes;
    return headerBytes >= least && this.payloadOffset <= this.payloadEnd;
  }
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
