// The checksum of RFC 1071: the one's complement of the one's complement sum of big-endian 16-bit words.

/** Words that a signed 32-bit sum can take before it must be folded: 0x7fff * 0xffff < 2^31. */
const WORDS_PER_FOLD = 0x7fff;

/**
 * Adds the bytes from `start` to before `end` to a partial sum and returns the new one; begin with 0.
 * A range of odd length counts as if a zero byte followed, so only the last range of a checksum may be odd.
 */
export function addBytes(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = fold(sum);
  let at = start;
  const evenEnd = end - ((end - start) & 1);
  while (at < evenEnd) {
    const stop = Math.min(evenEnd, at + 2 * (WORDS_PER_FOLD - 1));
    for (; at < stop; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
    total = fold(total);
  }
  if (at < end) total += bytes[at]! << 8;
  return fold(total);
}

/** Turns a partial sum into the checksum that a header carries, 0 to 0xffff. */
export function finishChecksum(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/**
 * Adds the IPv4 pseudo header: both addresses of the header at `ipOffset`, the protocol and the length in bytes
 * of what follows the IP header.
 */
export function addIpv4PseudoHeader(
  sum: number,
  bytes: Uint8Array,
  ipOffset: number,
  protocol: number,
  payloadBytes: number,
): number {
  const addresses = addBytes(sum, bytes, ipOffset + IPV4_ADDRESSES, ipOffset + IPV4_ADDRESSES_END);
  return addProtocolAndLength(addresses, protocol, payloadBytes);
}

/** Adds the IPv6 pseudo header (RFC 8200, 8.1); as for IPv4, but `payloadBytes` may exceed 65,535. */
export function addIpv6PseudoHeader(
  sum: number,
  bytes: Uint8Array,
  ipOffset: number,
  protocol: number,
  payloadBytes: number,
): number {
  const addresses = addBytes(sum, bytes, ipOffset + IPV6_ADDRESSES, ipOffset + IPV6_ADDRESSES_END);
  return addProtocolAndLength(addresses, protocol, payloadBytes);
}

// Where a header keeps its source address, and where its destination address ends.
const IPV4_ADDRESSES = 12;
const IPV4_ADDRESSES_END = 20;
const IPV6_ADDRESSES = 8;
const IPV6_ADDRESSES_END = 40;

function addProtocolAndLength(sum: number, protocol: number, payloadBytes: number): number {
  return fold(fold(sum) + protocol + (payloadBytes >>> 16) + (payloadBytes & 0xffff));
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded >>> 16) + (folded & 0xffff);
  return folded;
}
