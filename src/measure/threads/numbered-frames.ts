import { buildFrame } from '../../packet/generate/frame-builder.js';
import {
  STAMP_MAGIC,
  STAMP_MAGIC_VALUE,
  STAMP_SEQUENCE_HIGH,
  STAMP_SEQUENCE_LOW,
  STAMP_SIZE,
  STAMP_STREAM,
} from '../../packet/generate/stamp.js';
import { ETH_HLEN } from '../../packet/headers/ethernet-header.js';
import { IPV4_HEADER_SIZE } from '../../packet/headers/ipv4-header.js';
import { UDP_CHECKSUM, UDP_HEADER_SIZE, UDP_SOURCE } from '../../packet/headers/udp-header.js';

const UDP_AT = ETH_HLEN + IPV4_HEADER_SIZE;

/** Where the stamp of such a frame begins: it is a frame of UDP over IPv4. */
export const STAMP_AT = UDP_AT + UDP_HEADER_SIZE;

/** The shortest frame with room for a stamp: 64 bytes. */
export const NUMBERED_BYTES_MIN = STAMP_AT + STAMP_SIZE;

/** Ports of the flows begin here; the discard service is their end. */
const FIRST_PORT = 10_000;
const DISCARD_PORT = 9;

const WORD = 0x1_0000_0000;

/**
 * A frame of `frameBytes` with an empty stamp, of flow `stream`: addresses for documentation (RFC 5737), to a station that is
 * nobody, so that the kernel's stack looks no further. It has no UDP checksum, which allows any number in its stamp.
 */
export function makeNumberedFrame(frameBytes: number, stream: number): Uint8Array {
  const frame = buildFrame({
    protocol: 'udp',
    sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 0x99),
    source: Uint8Array.of(192, 0, 2, 1),
    destination: Uint8Array.of(192, 0, 2, 9),
    sourcePort: FIRST_PORT + stream,
    destinationPort: DISCARD_PORT,
    frameBytes,
  });
  const view = new DataView(frame.buffer);
  view.setUint16(UDP_AT + UDP_CHECKSUM, 0);
  view.setUint32(STAMP_AT + STAMP_MAGIC, STAMP_MAGIC_VALUE);
  view.setUint16(STAMP_AT + STAMP_STREAM, stream);
  return frame;
}

/**
 * Makes the frame that begins at byte `at` of `view` number `sequence` of flow `stream`. The port says the flow to the kernel,
 * which notes for each one in which queue it was seen last: queues that send the same one would hinder each other.
 */
export function numberFrame(view: DataView, at: number, stream: number, sequence: number): void {
  view.setUint16(at + UDP_AT + UDP_SOURCE, FIRST_PORT + stream);
  view.setUint16(at + STAMP_AT + STAMP_STREAM, stream);
  view.setUint32(at + STAMP_AT + STAMP_SEQUENCE_HIGH, Math.floor(sequence / WORD));
  view.setUint32(at + STAMP_AT + STAMP_SEQUENCE_LOW, sequence % WORD);
}
