import { addBytes } from '../bytes/internet-checksum.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../headers/ip-protocol.js';
import { IPV4_SOURCE } from '../headers/ipv4-header.js';
import { IPV6_SOURCE } from '../headers/ipv6-header.js';
import type { SegmentLayout } from './segment-layout.js';

const IPV4_ADDRESS_SIZE = 4;
const IPV6_ADDRESS_SIZE = 16;

/**
 * The folded sum (not its complement) of the pseudo header of the packet in `frame` that `layout` describes, for
 * `transportBytes` of TCP or UDP header and payload. A packet on its way through a source route or a routing header is
 * summed with its last destination (RFC 791, 3.1; RFC 8200, 8.1).
 */
export function transportPseudoSum(frame: Uint8Array, layout: SegmentLayout, transportBytes: number): number {
  const { destinationOffset, isIpv4, isTcp, networkOffset } = layout;
  const size = isIpv4 ? IPV4_ADDRESS_SIZE : IPV6_ADDRESS_SIZE;
  const source = networkOffset + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE);
  const sum = addBytes(0, frame, source, source + size);
  const both = addBytes(sum, frame, destinationOffset, destinationOffset + size);
  const protocol = isTcp ? IPPROTO_TCP : IPPROTO_UDP;
  return addBytes(both + protocol + (transportBytes >>> 16) + (transportBytes & 0xffff), frame, 0, 0);
}
