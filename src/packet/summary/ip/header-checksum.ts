import { addBytes, finishChecksum, sumPseudoHeader } from '../../bytes/internet-checksum.js';
import type { PacketWindow } from '../../bytes/packet-window.js';

const CHECKSUM_SIZE = 2;

/** Where the addresses lie that TCP, UDP and ICMPv6 add to their checksums. */
export interface PseudoHeader {
  readonly bytes: Uint8Array;
  readonly sourceOffset: number;
  /** Of the last destination, where a source route or routing header names more (RFC 791, 3.1; RFC 8200, 8.1). */
  readonly destinationOffset: number;
  /** Of one address: 4 or 16. */
  readonly addressBytes: number;
}

/**
 * The correct checksum for `fieldOffset` of `window`: equal to the one that is there if that is correct. It sums all bytes
 * of the window, and adds `sum`. Undefined if bytes are missing.
 */
export function rightChecksum(window: PacketWindow, fieldOffset: number, sum = 0): number | undefined {
  const { bytes, start, wireLength } = window;
  if (!window.has(wireLength) || wireLength < fieldOffset + CHECKSUM_SIZE) return undefined;
  const rest = finishChecksum(addBytes(sum, bytes, start, start + wireLength));
  return addBytes(window.uint16(fieldOffset) + rest, bytes, 0, 0);
}

/** As `rightChecksum`, for a protocol that adds a pseudo header. */
export function rightTransportChecksum(
  window: PacketWindow,
  fieldOffset: number,
  { bytes, sourceOffset, destinationOffset, addressBytes }: PseudoHeader,
  protocol: number,
): number | undefined {
  const { wireLength } = window;
  const sum = sumPseudoHeader(bytes, sourceOffset, destinationOffset, addressBytes, protocol, wireLength);
  return rightChecksum(window, fieldOffset, sum);
}
