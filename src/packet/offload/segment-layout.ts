import { ETH_P_IP, ETH_P_IPV6, NO_NETWORK_HEADER, networkOffset } from '../headers/ethernet-header.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../headers/ip-protocol.js';
import {
  IP_MF,
  IP_OFFMASK,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_TOTAL_LENGTH,
  IPV4_VERSION_IHL,
} from '../headers/ipv4-header.js';
import { finalDestinationOffset } from '../headers/ipv4-source-route.js';
import {
  IPV6_DESTINATION,
  IPV6_HEADER_SIZE,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
} from '../headers/ipv6-header.js';
import { TCP_DATA_OFFSET, TCP_HEADER_SIZE } from '../headers/tcp-header.js';
import { UDP_HEADER_SIZE } from '../headers/udp-header.js';

// Source: include/uapi/linux/ipv6.h, struct ipv6_rt_hdr and the headers that begin with it. Bytes.
const ROUTING_TYPE = 2; //          __u8
const ROUTING_SEGMENTS_LEFT = 3; // __u8
const ROUTING_ADDRESSES = 8; //     struct in6_addr[]
const IPV6_ADDRESS_SIZE = 16;

// Source: include/uapi/linux/ipv6.h. Routing headers that list the addresses in the order of travel.
const IPV6_SRCRT_TYPE_0 = 0;
const IPV6_SRCRT_TYPE_2 = 2;
/** Segment routing lists them in reverse. */
const IPV6_SRCRT_TYPE_4 = 4;

const IPV6_OPTION_UNIT = 8;

/**
 * Where headers and payload lie in a frame whose checksum is to be finished or that is to be segmented: TCP or UDP over
 * IPv4 or IPv6, whole and no fragment. Offsets are in bytes from the beginning of the frame. One object serves for many
 * frames.
 */
export class SegmentLayout {
  networkOffset = 0;
  transportOffset = 0;
  payloadOffset = 0;
  /** Where the payload ends; padding may follow. */
  payloadEnd = 0;
  /** The final destination: in a source route or routing header, if that lists addresses left to visit. */
  destinationOffset = 0;
  isIpv4 = false;
  /** False for UDP. */
  isTcp = false;
  #frameBytes = 0;

  /**
   * Finds the layout of `frame`. False if it is of another kind, or not complete. `frameBytes` is its length if `frame` is
   * only its beginning, with all headers.
   */
  read(frame: Uint8Array, frameBytes: number = frame.length): boolean {
    this.#frameBytes = frameBytes;
    this.networkOffset = networkOffset(frame);
    if (this.networkOffset === NO_NETWORK_HEADER) return false;
    const etherType = readUint16(frame, this.networkOffset - 2);
    if (etherType === ETH_P_IP) return this.#readIpv4(frame);
    return etherType === ETH_P_IPV6 && this.#readIpv6(frame);
  }

  /** Whether nothing follows the payload. */
  get endsExactly(): boolean {
    return this.payloadEnd === this.#frameBytes;
  }

  /** Whether only zeros follow the payload, which change no sum. False if not all bytes of the frame are known. */
  endsWithPayload(frame: Uint8Array): boolean {
    if (this.endsExactly) return true;
    if (this.#frameBytes !== frame.length) return false;
    for (let at = this.payloadEnd; at < frame.length; at++) if (frame[at] !== 0) return false;
    return true;
  }

  #readIpv4(frame: Uint8Array): boolean {
    const start = this.networkOffset;
    if (start + IPV4_HEADER_SIZE > frame.length) return false;
    const versionAndLength = frame[start + IPV4_VERSION_IHL]!;
    const headerBytes = (versionAndLength & 0x0f) * 4;
    if (versionAndLength >> 4 !== 4 || headerBytes < IPV4_HEADER_SIZE) return false;
    if ((readUint16(frame, start + IPV4_FRAGMENT) & (IP_MF | IP_OFFMASK)) !== 0) return false;
    // The kernel stores 0 in packets of more than 65,535 bytes.
    const totalBytes = readUint16(frame, start + IPV4_TOTAL_LENGTH) || this.#frameBytes - start;
    this.isIpv4 = true;
    if (start + headerBytes > frame.length) return false;
    this.destinationOffset = finalDestinationOffset(frame, start, headerBytes);
    this.transportOffset = start + headerBytes;
    this.payloadEnd = start + totalBytes;
    return this.#readTransport(frame, frame[start + IPV4_PROTOCOL]!);
  }

  #readIpv6(frame: Uint8Array): boolean {
    const start = this.networkOffset;
    if (start + IPV6_HEADER_SIZE > frame.length || frame[start]! >> 4 !== 6) return false;
    const payloadBytes = readUint16(frame, start + IPV6_PAYLOAD_LENGTH);
    let nextHeader = frame[start + IPV6_NEXT_HEADER]!;
    // A packet with a jumbo payload option stays whole: the option would have to be removed from every segment.
    if (payloadBytes === 0 && nextHeader === IPPROTO_HOPOPTS) return false;
    this.destinationOffset = start + IPV6_DESTINATION;
    let offset = start + IPV6_HEADER_SIZE;
    while (isPassedOver(nextHeader)) {
      if (offset + IPV6_OPTION_UNIT > frame.length) return false;
      const end = offset + (frame[offset + 1]! + 1) * IPV6_OPTION_UNIT;
      if (nextHeader === IPPROTO_ROUTING && !this.#readRouting(frame, offset, end)) return false;
      nextHeader = frame[offset]!;
      offset = end;
    }
    this.isIpv4 = false;
    this.transportOffset = offset;
    this.payloadEnd = payloadBytes === 0 ? this.#frameBytes : start + IPV6_HEADER_SIZE + payloadBytes;
    return this.#readTransport(frame, nextHeader);
  }

  /** If addresses are left to visit, TCP and UDP take the last of them as the packet's destination. */
  #readRouting(frame: Uint8Array, offset: number, end: number): boolean {
    if (frame[offset + ROUTING_SEGMENTS_LEFT] === 0) return true;
    const type = frame[offset + ROUTING_TYPE];
    if (end > frame.length || end < offset + ROUTING_ADDRESSES + IPV6_ADDRESS_SIZE) return false;
    if (type === IPV6_SRCRT_TYPE_4) this.destinationOffset = offset + ROUTING_ADDRESSES;
    else if (type === IPV6_SRCRT_TYPE_0 || type === IPV6_SRCRT_TYPE_2)
      this.destinationOffset = end - IPV6_ADDRESS_SIZE;
    else return false;
    return true;
  }

  #readTransport(frame: Uint8Array, protocol: number): boolean {
    if (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP) return false;
    this.isTcp = protocol === IPPROTO_TCP;
    const least = this.isTcp ? TCP_HEADER_SIZE : UDP_HEADER_SIZE;
    if (this.payloadEnd > this.#frameBytes || this.transportOffset + least > this.payloadEnd) return false;
    if (this.transportOffset + least > frame.length) return false;
    const headerBytes = this.isTcp
      ? (frame[this.transportOffset + TCP_DATA_OFFSET]! >> 4) * 4
      : UDP_HEADER_SIZE;
    this.payloadOffset = this.transportOffset + headerBytes;
    return (
      headerBytes >= least && this.payloadOffset <= this.payloadEnd && this.payloadOffset <= frame.length
    );
  }
}

function isPassedOver(nextHeader: number): boolean {
  return nextHeader === IPPROTO_HOPOPTS || nextHeader === IPPROTO_DSTOPTS || nextHeader === IPPROTO_ROUTING;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
