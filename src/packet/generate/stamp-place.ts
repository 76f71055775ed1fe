import { ETH_P_IP, ETH_P_IPV6, NO_NETWORK_HEADER, networkOffset } from '../headers/ethernet-header.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../headers/ip-protocol.js';
import {
  IP_OFFMASK,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_VERSION_IHL,
} from '../headers/ipv4-header.js';
import { IPV6_HEADER_SIZE, IPV6_NEXT_HEADER } from '../headers/ipv6-header.js';
import { TCP_DATA_OFFSET, TCP_HEADER_SIZE } from '../headers/tcp-header.js';
import { UDP_HEADER_SIZE } from '../headers/udp-header.js';

const ECHO_HEADER_SIZE = 8;
const IPV6_OPTION_UNIT = 8;

/** What `stampOffset` returns for a frame that can have no stamp. */
export const NO_STAMP = -1;

/**
 * Where the payload of UDP, TCP or ICMP begins in `frame`: a stamp, if there is one, begins there. NO_STAMP for other
 * frames, for later fragments, and for frames that are cut before. The offset may lie behind the end of the frame.
 */
export function stampOffset(frame: Uint8Array): number {
  const network = networkOffset(frame);
  if (network === NO_NETWORK_HEADER) return NO_STAMP;
  const etherType = (frame[network - 2]! << 8) | frame[network - 1]!;
  if (etherType === ETH_P_IP) return behindIpv4(frame, network);
  return etherType === ETH_P_IPV6 ? behindIpv6(frame, network) : NO_STAMP;
}

function behindIpv4(frame: Uint8Array, start: number): number {
  if (start + IPV4_HEADER_SIZE > frame.length) return NO_STAMP;
  const fragment = (frame[start + IPV4_FRAGMENT]! << 8) | frame[start + IPV4_FRAGMENT + 1]!;
  if ((fragment & IP_OFFMASK) !== 0) return NO_STAMP;
  const headerBytes = (frame[start + IPV4_VERSION_IHL]! & 0x0f) * 4;
  return behindTransport(frame, start + headerBytes, frame[start + IPV4_PROTOCOL]!);
}

function behindIpv6(frame: Uint8Array, start: number): number {
  if (start + IPV6_HEADER_SIZE > frame.length) return NO_STAMP;
  let nextHeader = frame[start + IPV6_NEXT_HEADER]!;
  let offset = start + IPV6_HEADER_SIZE;
  while (nextHeader === IPPROTO_HOPOPTS || nextHeader === IPPROTO_DSTOPTS) {
    if (offset + 2 > frame.length) return NO_STAMP;
    nextHeader = frame[offset]!;
    offset += (frame[offset + 1]! + 1) * IPV6_OPTION_UNIT;
  }
  return behindTransport(frame, offset, nextHeader);
}

function behindTransport(frame: Uint8Array, start: number, protocol: number): number {
  switch (protocol) {
    case IPPROTO_UDP:
      return start + UDP_HEADER_SIZE;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return start + ECHO_HEADER_SIZE;
    case IPPROTO_TCP:
      if (start + TCP_HEADER_SIZE > frame.length) return NO_STAMP;
      return start + (frame[start + TCP_DATA_OFFSET]! >> 4) * 4;
    default:
      return NO_STAMP;
  }
}
