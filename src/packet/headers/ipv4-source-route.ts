import { IPV4_ADDRESS_BYTES } from './ip-address.js';
import { IPV4_DESTINATION, IPV4_HEADER_SIZE } from './ipv4-header.js';

// Source: include/uapi/linux/ip.h. LSRR and SSRR are source routes: they list the addresses left to visit.
export const IPOPT_END = 0;
export const IPOPT_NOOP = 1;
export const IPOPT_LSRR = 131;
export const IPOPT_SSRR = 137;

// Source: RFC 791, 3.1: a source route. Bytes.
const OPTION_LENGTH = 1;
const ROUTE_POINTER = 2; // of the next address, counted from 1
const ROUTE_SIZE_MIN = 3 + IPV4_ADDRESS_BYTES;

/**
 * Where the final destination lies in the IPv4 header of `headerBytes` bytes at `start`, which must be complete. That is
 * the address that TCP and UDP add to their checksums: the header's, or the last one of a source route with hops left
 * (RFC 791, 3.1).
 */
export function finalDestinationOffset(bytes: Uint8Array, start: number, headerBytes: number): number {
  const end = start + headerBytes;
  for (let at = start + IPV4_HEADER_SIZE; at < end; ) {
    const kind = bytes[at];
    if (kind === IPOPT_END) break;
    const length = kind === IPOPT_NOOP ? 1 : at + OPTION_LENGTH < end ? bytes[at + OPTION_LENGTH]! : 0;
    if (length === 0 || at + length > end) break;
    if ((kind === IPOPT_LSRR || kind === IPOPT_SSRR) && length >= ROUTE_SIZE_MIN) {
      if (bytes[at + ROUTE_POINTER]! > length) break;
      return at + length - IPV4_ADDRESS_BYTES;
    }
    at += length;
  }
  return start + IPV4_DESTINATION;
}
