import { addBytes, finishChecksum } from '../../bytes/internet-checksum.js';
import type { PacketWindow } from '../../bytes/packet-window.js';

const CHECKSUM_SIZE = 2;

/** Where a packet's addresses lie: TCP, UDP and ICMPv6 sum them too (RFC 793, 768, 4443). */
export interface PseudoHeader {
  readonly bytes: Uint8Array;
  readonly sourceOffset: number;
  /** Of the last destination, where a source route or routing header names more (RFC 791, 3.1; RFC 8200, 8.1). */
  readonly destinationOffset: number;
  /** Of one address: 4 or 16. */
  readonly addressBytes: number;
}

/**
 * The checksum that should stand at `fieldOffset` of `window`, whose bytes it sums: the one that is there, if it is
 * right. `sum` is what counts beside them. Undefined where bytes are missing.
 */
export function rightChecksum(window: PacketWindow, fieldOffset: number, sum = 0): number | undefined {
  const { bytes, start, wireLength } = window;
  if (!window.has(wireLength) || wireLength < fieldOffset + CHECKSUM_SIZE) return undefined;
  const rest = finishChecksum(addBytes(sum, bytes, start, start + wireLength));
  return addBytes(window.uint16(fieldOffset) + rest, bytes, 0, 0);
}

/** The sum of a pseudo header for `byteCount` bytes of `protocol`. */
export function sumPseudoHeader(header: PseudoHeader, protocol: number, byteCount: number): number {
  const { addressBytes, bytes, destinationOffset, sourceOffset } = header;
  const source = addBytes(0, bytes, sourceOffset, sourceOffset + addressBytes);
  const both = addBytes(source, bytes, destinationOffset, destinationOffset + addressBytes);
  return both + protocol + (byteCount >>> 16) + (byteCount & 0xffff);
}
