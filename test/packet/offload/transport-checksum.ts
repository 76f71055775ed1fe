import { networkOffset } from '../../../src/packet/headers/ethernet-header.js';

/**
 * The one's complement sum of a frame's transport header, payload and pseudo header, word by word: 0xffff when the
 * checksum in it is right. Written apart from src/packet, so that it shares none of its mistakes. TCP, UDP, ICMP.
 */
export function sumTransport(frame: Uint8Array): number {
  const ip = networkOffset(frame);
  const at = (offset: number) => (frame[offset]! << 8) | (frame[offset + 1] ?? 0);
  const isIpv4 = at(ip - 2) === 0x0800;
  const start = ip + (isIpv4 ? (frame[ip]! & 15) * 4 : 40);
  const end = isIpv4 ? ip + at(ip + 2) : start + at(ip + 4);
  const protocol = isIpv4 ? frame[ip + 9]! : frame[ip + 6]!;
  const words = [...frame.subarray(start, end), ...((end - start) % 2 === 1 ? [0] : [])];
  if (protocol !== 1) {
    words.push(...frame.subarray(ip + (isIpv4 ? 12 : 8), ip + (isIpv4 ? 20 : 40)));
    words.push(0, protocol, (end - start) >> 8, (end - start) & 255);
  }
  let sum = 0;
  for (let index = 0; index < words.length; index += 2) sum += words[index]! * 256 + words[index + 1]!;
  return sum === 0 ? 0 : sum % 0xffff || 0xffff;
}
