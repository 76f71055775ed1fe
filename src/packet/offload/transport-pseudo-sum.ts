import { sumPseudoHeader } from '../bytes/internet-checksum.js';
import { IPV4_ADDRESS_BYTES, IPV6_ADDRESS_BYTES } from '../headers/ip-address.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../headers/ip-protocol.js';
import { IPV4_SOURCE } from '../headers/ipv4-header.js';
import { IPV6_SOURCE } from '../headers/ipv6-header.js';
import type { SegmentLayout } from './segment-layout.js';

/**
 * The folded sum, not its complement, of the pseudo header of the packet in `frame` that `layout` describes, for
 * `transportBytes` of TCP or UDP header and payload. A packet with a source route or routing header counts its last
 * destination (RFC 791, 3.1; RFC 8200, 8.1).
 */
export function transportPseudoSum(frame: Uint8Array, layout: SegmentLayout, transportBytes: number): number {
  const { destinationOffset, isIpv4, isTcp, networkOffset } = layout;
  return sumPseudoHeader(
    frame,
    networkOffset + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE),
    destinationOffset,
    isIpv4 ? IPV4_ADDRESS_BYTES : IPV6_ADDRESS_BYTES,
    isTcp ? IPPROTO_TCP : IPPROTO_UDP,
    transportBytes,
  );
}
