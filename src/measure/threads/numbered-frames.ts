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

/** Offset of the stamp in a numbered frame, which is UDP over IPv4. Bytes. */
export const STAMP_AT = UDP_AT + UDP_HEADER_SIZE;

/** Bytes of the shortest frame with room for a stamp: 64. */
export const NUMBERED_BYTES_MIN = STAMP_AT + STAMP_SIZE;

/** First port of the flows, and the port that they go to: the discard service. */
const FIRST_PORT = 10_000;
const DISCARD_PORT = 9;

const WORD = 0x1_0000_0000;

/**
 * Makes a frame of `frameBytes` with an empty stamp, of flow `stream`. It has addresses for documentation (RFC 5737)
 * and a MAC address that no station has, so that the kernel drops it early. It has no UDP checksum, so that the stamp
 * may hold any number.
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
 * Writes number `sequence` of flow `stream` into the frame at byte `at` of `view`. The source port tells the kernel
 * the flow. The kernel notes for each flow which queue it came from last: two queues that send the same flow would
 * slow each other down.
 */
export function numberFrame(view: DataView, at: number, stream: number, sequence: number): void {
  view.setUint16(at + UDP_AT + UDP_SOURCE, FIRST_PORT + stream);
  view.setUint16(at + STAMP_AT + STAMP_STREAM, stream);
  view.setUint32(at + STAMP_AT + STAMP_SEQUENCE_HIGH, Math.floor(sequence / WORD));
  view.setUint32(at + STAMP_AT + STAMP_SEQUENCE_LOW, sequence % WORD);
}
