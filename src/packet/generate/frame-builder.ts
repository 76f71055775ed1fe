import { addBytes, finishChecksum, sumPseudoHeader } from '../bytes/internet-checksum.js';
import {
  ETH_DEST,
  ETH_HLEN,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_PROTO,
  ETH_SOURCE,
} from '../headers/ethernet-header.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '../headers/ip-protocol.js';
import {
  IP_DF,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
  IPV4_VERSION_IHL,
} from '../headers/ipv4-header.js';
import {
  IPV6_DESTINATION,
  IPV6_HEADER_SIZE,
  IPV6_HOP_LIMIT,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  IPV6_VERSION_CLASS_FLOW,
} from '../headers/ipv6-header.js';
import {
  TCP_CHECKSUM,
  TCP_DATA_OFFSET,
  TCP_DESTINATION,
  TCP_FLAG_SYN,
  TCP_FLAGS,
  TCP_HEADER_SIZE,
  TCP_SEQUENCE,
  TCP_SOURCE,
  TCP_WINDOW,
} from '../headers/tcp-header.js';
import { UDP_CHECKSUM, UDP_DESTINATION, UDP_LENGTH, UDP_SOURCE } from '../headers/udp-header.js';
import { CHECKSUM_MANGLED_0 } from '../offload/checksum-completion.js';
import {
  checkTemplate,
  type FrameTemplate,
  HOP_LIMIT_DEFAULT,
  ipHeaderBytes,
  isIpv4,
  linkHeaderBytes,
  TRANSPORT_HEADER_SIZES,
} from './frame-template.js';

// Source: include/uapi/linux/icmp.h and icmpv6.h: echo messages. Bytes.
const ECHO_TYPE = 0; //     __u8
const ECHO_CHECKSUM = 2; // __sum16
export const ECHO_ID = 4; //       __be16
export const ECHO_SEQUENCE = 6; // __be16
const ICMP_ECHO = 8;
const ICMPV6_ECHO_REQUEST = 128;

// Source: include/uapi/linux/if_arp.h, for Ethernet and IPv4. Bytes.
export const ARP_SENDER_MAC = 8;
export const ARP_SENDER_IP = 14;
export const ARP_TARGET_IP = 24;
/** Ethernet (1), IPv4 (0x0800), lengths 6 and 4, a request (1). */
const ARP_REQUEST_HEAD: Readonly<Uint8Array> = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1);

const WINDOW = 65535;

/**
 * Builds an Ethernet frame with correct lengths and checksums, in a new array.
 *
 * @throws {RangeError} when the frame is too short for its headers or too long for its length fields.
 * @throws {TypeError} when the addresses are not both of IPv4 or both of IPv6.
 */
export function buildFrame(template: FrameTemplate): Uint8Array {
  checkTemplate(template);
  const frame = new Uint8Array(template.frameBytes);
  const view = new DataView(frame.buffer);
  const networkOffset = linkHeaderBytes(template.vlanId);
  const { protocol } = template;
  writeLink(frame, view, template);
  if (protocol === 'arp') {
    writeArp(frame, networkOffset, template);
    return frame;
  }
  const transportOffset = networkOffset + ipHeaderBytes(template.source);
  fillPayload(frame, transportOffset + TRANSPORT_HEADER_SIZES[protocol], template.payload);
  if (isIpv4(template)) writeIpv4(frame, view, networkOffset, template);
  else writeIpv6(frame, view, networkOffset, template);
  writeTransport(view, transportOffset, template);
  writeChecksum(frame, view, networkOffset, { ...template, protocol });
  return frame;
}

function writeLink(frame: Uint8Array, view: DataView, template: FrameTemplate): void {
  frame.set(template.destinationMac, ETH_DEST);
  frame.set(template.sourceMac, ETH_SOURCE);
  const networkType = isIpv4(template) ? ETH_P_IP : ETH_P_IPV6;
  const etherType = template.protocol === 'arp' ? ETH_P_ARP : networkType;
  view.setUint16(linkHeaderBytes(template.vlanId) - 2, etherType);
  if (template.vlanId === undefined) return;
  view.setUint16(ETH_PROTO, ETH_P_8021Q);
  view.setUint16(ETH_HLEN, template.vlanId);
}

function writeArp(frame: Uint8Array, start: number, template: FrameTemplate): void {
  frame.set(ARP_REQUEST_HEAD, start);
  frame.set(template.sourceMac, start + ARP_SENDER_MAC);
  frame.set(template.source, start + ARP_SENDER_IP);
  frame.set(template.destination, start + ARP_TARGET_IP);
}

function writeIpv4(frame: Uint8Array, view: DataView, start: number, template: FrameTemplate): void {
  frame[start + IPV4_VERSION_IHL] = 0x40 | (IPV4_HEADER_SIZE / 4);
  view.setUint16(start + IPV4_TOTAL_LENGTH, frame.length - start);
  view.setUint16(start + IPV4_FRAGMENT, IP_DF);
  frame[start + IPV4_TTL] = template.hopLimit ?? HOP_LIMIT_DEFAULT;
  frame[start + IPV4_PROTOCOL] = ipProtocol(template);
  frame.set(template.source, start + IPV4_SOURCE);
  frame.set(template.destination, start + IPV4_DESTINATION);
  view.setUint16(start + IPV4_CHECKSUM, finishChecksum(addBytes(0, frame, start, start + IPV4_HEADER_SIZE)));
}

function writeIpv6(frame: Uint8Array, view: DataView, start: number, template: FrameTemplate): void {
  frame[start + IPV6_VERSION_CLASS_FLOW] = 0x60;
  view.setUint16(start + IPV6_PAYLOAD_LENGTH, frame.length - start - IPV6_HEADER_SIZE);
  frame[start + IPV6_NEXT_HEADER] = ipProtocol(template);
  frame[start + IPV6_HOP_LIMIT] = template.hopLimit ?? HOP_LIMIT_DEFAULT;
  frame.set(template.source, start + IPV6_SOURCE);
  frame.set(template.destination, start + IPV6_DESTINATION);
}

function ipProtocol(template: FrameTemplate): number {
  if (template.protocol === 'tcp') return IPPROTO_TCP;
  if (template.protocol === 'udp') return IPPROTO_UDP;
  return isIpv4(template) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

function writeTransport(view: DataView, start: number, template: FrameTemplate): void {
  if (template.protocol === 'icmp') writeEcho(view, start, template);
  else if (template.protocol === 'udp') writeUdp(view, start, template);
  else writeTcp(view, start, template);
}

function writeEcho(view: DataView, start: number, template: FrameTemplate): void {
  view.setUint8(start + ECHO_TYPE, isIpv4(template) ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
  view.setUint16(start + ECHO_ID, template.identifier ?? 0);
  view.setUint16(start + ECHO_SEQUENCE, template.sequence ?? 0);
}

function writeUdp(view: DataView, start: number, template: FrameTemplate): void {
  view.setUint16(start + UDP_SOURCE, template.sourcePort ?? 0);
  view.setUint16(start + UDP_DESTINATION, template.destinationPort ?? 0);
  view.setUint16(start + UDP_LENGTH, view.byteLength - start);
}

function writeTcp(view: DataView, start: number, template: FrameTemplate): void {
  view.setUint16(start + TCP_SOURCE, template.sourcePort ?? 0);
  view.setUint16(start + TCP_DESTINATION, template.destinationPort ?? 0);
  view.setUint32(start + TCP_SEQUENCE, template.sequence ?? 0);
  view.setUint8(start + TCP_DATA_OFFSET, (TCP_HEADER_SIZE / 4) << 4);
  view.setUint8(start + TCP_FLAGS, template.tcpFlags ?? TCP_FLAG_SYN);
  view.setUint16(start + TCP_WINDOW, WINDOW);
}

/** Where the headers on top of IP have their checksum. Bytes. */
export const CHECKSUM_OFFSETS = { icmp: ECHO_CHECKSUM, tcp: TCP_CHECKSUM, udp: UDP_CHECKSUM };

/** Only ICMP over IPv4 has no pseudo header. Only UDP has no checksum of zero. */
function writeChecksum(
  frame: Uint8Array,
  view: DataView,
  networkOffset: number,
  template: FrameTemplate & { readonly protocol: 'icmp' | 'tcp' | 'udp' },
): void {
  const protocol = ipProtocol(template);
  const start = networkOffset + ipHeaderBytes(template.source);
  const [source, destination] = isIpv4(template)
    ? [IPV4_SOURCE, IPV4_DESTINATION]
    : [IPV6_SOURCE, IPV6_DESTINATION];
  const sum =
    protocol === IPPROTO_ICMP
      ? 0
      : sumPseudoHeader(
          frame,
          networkOffset + source,
          networkOffset + destination,
          template.source.length,
          protocol,
          frame.length - start,
        );
  const checksum = finishChecksum(addBytes(sum, frame, start, frame.length));
  const field = start + CHECKSUM_OFFSETS[template.protocol];
  view.setUint16(field, protocol === IPPROTO_UDP ? checksum || CHECKSUM_MANGLED_0 : checksum);
}

function fillPayload(frame: Uint8Array, start: number, payload: Uint8Array | undefined): void {
  if (payload === undefined || payload.length === 0) return;
  for (let at = start; at < frame.length; at++) frame[at] = payload[(at - start) % payload.length]!;
}
