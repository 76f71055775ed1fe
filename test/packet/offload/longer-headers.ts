import { addBytes, finishChecksum } from '../../../src/packet/bytes/internet-checksum.js';

const NETWORK = 14;

/** IPv6 headers before TCP or UDP: their number, and their bytes behind next header and length. */
export type ExtensionHeader = readonly [protocol: number, ...rest: readonly number[]];

export const HOP_BY_HOP: ExtensionHeader = [0, 1, 4, 0, 0, 0, 0];
export const DESTINATION_OPTIONS: ExtensionHeader = [60, 1, 12, ...Array<number>(12).fill(0)];
/** No segments left: the packet has arrived. */
export const ROUTING_DONE: ExtensionHeader = [43, 4, 0, 0, 0, 0, 0, ...Array<number>(16).fill(7)];

/** `frame` with VLAN tags of these ethertypes, the outermost first. */
export function withTags(frame: Uint8Array, ...etherTypes: readonly number[]): Uint8Array {
  const tags = etherTypes.flatMap((type, index) => [type >> 8, type & 255, 0, index + 5]);
  return Uint8Array.from([...frame.subarray(0, 12), ...tags, ...frame.subarray(12)]);
}

/** An untagged IPv4 `frame` with `options`, a multiple of four bytes; its header checksum is correct. */
export function withIpv4Options(frame: Uint8Array, options: readonly number[]): Uint8Array {
  const longer = Uint8Array.from([
    ...frame.subarray(0, NETWORK + 20),
    ...options,
    ...frame.subarray(NETWORK + 20),
  ]);
  const view = new DataView(longer.buffer);
  longer[NETWORK] = 0x40 | ((20 + options.length) / 4);
  view.setUint16(NETWORK + 2, longer.length - NETWORK);
  view.setUint16(NETWORK + 10, 0);
  const sum = addBytes(0, longer, NETWORK, NETWORK + 20 + options.length);
  view.setUint16(NETWORK + 10, finishChecksum(sum));
  return longer;
}

/** An untagged IPv6 `frame` with these headers between IPv6 and its payload. */
export function withExtensionHeaders(frame: Uint8Array, ...headers: readonly ExtensionHeader[]): Uint8Array {
  let next = frame[NETWORK + 6]!;
  const bytes: number[] = [];
  for (const [protocol, ...rest] of headers.toReversed()) {
    const length = rest.length + 2;
    if (length % 8 !== 0) throw new Error(`${length} bytes`);
    bytes.unshift(next, length / 8 - 1, ...rest);
    next = protocol;
  }
  const longer = Uint8Array.from([
    ...frame.subarray(0, NETWORK + 40),
    ...bytes,
    ...frame.subarray(NETWORK + 40),
  ]);
  longer[NETWORK + 6] = next;
  new DataView(longer.buffer).setUint16(NETWORK + 4, longer.length - NETWORK - 40);
  return longer;
}
