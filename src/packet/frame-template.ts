import { storeChecksum } from './checksum-completion.js';
import {
  ETH_DEST,
  ETH_HLEN,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_PROTO,
  ETH_SOURCE,
  VLAN_HLEN,
} from './ethernet-header.js';
import { addBytes, addIpv4PseudoHeader, addIpv6PseudoHeader, finishChecksum } from './internet-checksum.js';
import { IPV4_ADDRESS_BYTES, IPV6_ADDRESS_BYTES } from './ip-address.js';
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from './ip-protocol.js';
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
} from './ipv4-header.js';
import {
  IPV6_DESTINATION,
  IPV6_HEADER_SIZE,
  IPV6_HOP_LIMIT,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  IPV6_VERSION_CLASS_FLOW,
} from './ipv6-header.js';
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
} from './tcp-header.js';
import { UDP_CHECKSUM, UDP_DESTINATION, UDP_HEADER_SIZE, UDP_LENGTH, UDP_SOURCE } from './udp-header.js';

// Source: include/uapi/linux/icmp.h and icmpv6.h: echo messages. Bytes.
const ECHO_HEADER_SIZE = 8;
const ECHO_TYPE = 0; //     __u8
const ECHO_CHECKSUM = 2; // __sum16
const ECHO_ID = 4; //       __be16
const ECHO_SEQUENCE = 6; // __be16
const ICMP_ECHO = 8;
const ICMPV6_ECHO_REQUEST = 128;

// Source: include/uapi/linux/if_arp.h, for Ethernet and IPv4. Bytes.
const ARP_SIZE = 28;
const ARP_SENDER_MAC = 8;
const ARP_SENDER_IP = 14;
const ARP_TARGET_IP = 24;
/** Ethernet (1), IPv4 (0x0800), lengths 6 and 4, a request (1). */
const ARP_REQUEST_HEAD: Readonly<Uint8Array> = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, 1);

/** The greatest number that a 16-bit length can hold. */
const LENGTH_MAX = 0xffff;

export const HOP_LIMIT_DEFAULT = 64;
export const WINDOW_DEFAULT = 65535;
export const VLAN_ID_MAX = 4094;

/** What `buildFrame` puts on top of IP, or beside it. */
export type TemplateProtocol = 'arp' | 'icmp' | 'tcp' | 'udp';

/** What a frame shall be. */
export interface FrameTemplate {
  /** `icmp` is an echo request, of ICMPv6 over IPv6; `arp` asks for `destination`. */
  readonly protocol: TemplateProtocol;
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  /** Four bytes of IPv4, or 16 of IPv6, which ARP does not know. */
  readonly source: Uint8Array;
  /** As long as `source`. */
  readonly destination: Uint8Array;
  /** The frame's length with its Ethernet header, without a frame check sequence. */
  readonly frameBytes: number;
  /** Bytes that fill the payload, again and again. @default one zero byte */
  readonly payload?: Uint8Array;
  /** VLAN id of an 802.1Q tag, 0 to VLAN_ID_MAX. @default no tag */
  readonly vlanId?: number;
  /** @default 0 */
  readonly sourcePort?: number;
  /** @default 0 */
  readonly destinationPort?: number;
  /** Time to live, or hop limit. @default HOP_LIMIT_DEFAULT */
  readonly hopLimit?: number;
  /** TCP_FLAG_ bits. @default TCP_FLAG_SYN */
  readonly tcpFlags?: number;
  /** TCP's sequence number, or an echo request's. @default 0 */
  readonly sequence?: number;
  /** An echo request's identifier. @default 0 */
  readonly identifier?: number;
}

/** The shortest frame that `buildFrame` makes of such a template: all headers and no payload. */
export function frameBytesMin(template: Pick<FrameTemplate, 'protocol' | 'source' | 'vlanId'>): number {
  const linkBytes = linkHeaderBytes(template.vlanId);
  if (template.protocol === 'arp') return linkBytes + ARP_SIZE;
  return linkBytes + ipHeaderBytes(template.source) + TRANSPORT_HEADER_SIZES[template.protocol];
}

/**
 * Builds an Ethernet frame with right lengths and checksums, in a new array.
 *
 * @throws {RangeError} when the frame is too short for its headers or too long for its length fields.
 * @throws {TypeError} when the addresses are not both of IPv4 or both of IPv6.
 */
export function buildFrame(template: FrameTemplate): Uint8Array {
  checkTemplate(template);
  const frame = new Uint8Array(template.frameBytes);
  const view = new DataView(frame.buffer);
  const networkOffset = linkHeaderBytes(template.vlanId);
  writeLink(frame, view, template);
  if (template.protocol === 'arp') {
    writeArp(frame, networkOffset, template);
    return frame;
  }
  const transportOffset = networkOffset + ipHeaderBytes(template.source);
  const payloadOffset = transportOffset + TRANSPORT_HEADER_SIZES[template.protocol];
  fillPayload(frame, payloadOffset, template.payload);
  if (isIpv4(template)) writeIpv4(frame, view, networkOffset, template);
  else writeIpv6(frame, view, networkOffset, template);
  writeTransport(view, transportOffset, template);
  writeChecksum(frame, networkOffset, transportOffset, template);
  return frame;
}

const TRANSPORT_HEADER_SIZES = { icmp: ECHO_HEADER_SIZE, tcp: TCP_HEADER_SIZE, udp: UDP_HEADER_SIZE };

function isIpv4(template: Pick<FrameTemplate, 'source'>): boolean {
  return template.source.length === IPV4_ADDRESS_BYTES;
}

function linkHeaderBytes(vlanId: number | undefined): number {
  return ETH_HLEN + (vlanId === undefined ? 0 : VLAN_HLEN);
}

function ipHeaderBytes(source: Uint8Array): number {
  return source.length === IPV4_ADDRESS_BYTES ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
}

function checkTemplate(template: FrameTemplate): void {
  const { protocol, source, destination, frameBytes, vlanId } = template;
  const isKnown = source.length === IPV4_ADDRESS_BYTES || source.length === IPV6_ADDRESS_BYTES;
  if (!isKnown || destination.length !== source.length || (protocol === 'arp' && !isIpv4(template))) {
    const fact = `addresses of ${source.length} and ${destination.length} bytes do not go together`;
    throw new TypeError(`cannot build a frame of "${protocol}": ${fact}`);
  }
  if (vlanId !== undefined && (vlanId < 0 || vlanId > VLAN_ID_MAX)) {
    throw new RangeError(
      `cannot build a frame of "${protocol}": VLAN id ${vlanId} is not 0 to ${VLAN_ID_MAX}`,
    );
  }
  const least = frameBytesMin(template);
  const most = linkHeaderBytes(vlanId) + (isIpv4(template) ? 0 : IPV6_HEADER_SIZE) + LENGTH_MAX;
  if (Number.isInteger(frameBytes) && frameBytes >= least && frameBytes <= most) return;
  throw new RangeError(
    `cannot build a frame of "${protocol}": ${frameBytes} bytes are not ${least} to ${most}`,
  );
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
  const { sourcePort = 0, destinationPort = 0, sequence = 0, identifier = 0 } = template;
  if (template.protocol === 'icmp') {
    view.setUint8(start + ECHO_TYPE, isIpv4(template) ? ICMP_ECHO : ICMPV6_ECHO_REQUEST);
    view.setUint16(start + ECHO_ID, identifier);
    view.setUint16(start + ECHO_SEQUENCE, sequence);
    return;
  }
  view.setUint16(start + TCP_SOURCE, sourcePort);
  view.setUint16(start + TCP_DESTINATION, destinationPort);
  if (template.protocol === 'udp') {
    view.setUint16(start + UDP_LENGTH, view.byteLength - start);
    return;
  }
  view.setUint32(start + TCP_SEQUENCE, sequence);
  view.setUint8(start + TCP_DATA_OFFSET, (TCP_HEADER_SIZE / 4) << 4);
  view.setUint8(start + TCP_FLAGS, template.tcpFlags ?? TCP_FLAG_SYN);
  view.setUint16(start + TCP_WINDOW, WINDOW_DEFAULT);
}

const CHECKSUM_OFFSETS = { icmp: ECHO_CHECKSUM, tcp: TCP_CHECKSUM, udp: UDP_CHECKSUM };

/** ICMP over IPv4 alone has no pseudo header. */
function writeChecksum(
  frame: Uint8Array,
  networkOffset: number,
  transportOffset: number,
  template: FrameTemplate,
): void {
  const protocol = ipProtocol(template);
  if (template.protocol === 'arp') return;
  const byteCount = frame.length - transportOffset;
  const addPseudoHeader = isIpv4(template) ? addIpv4PseudoHeader : addIpv6PseudoHeader;
  const sum = protocol === IPPROTO_ICMP ? 0 : addPseudoHeader(0, frame, networkOffset, protocol, byteCount);
  const checksum = finishChecksum(addBytes(sum, frame, transportOffset, frame.length));
  storeChecksum(frame, transportOffset + CHECKSUM_OFFSETS[template.protocol], checksum);
}

function fillPayload(frame: Uint8Array, start: number, payload: Uint8Array | undefined): void {
  if (payload === undefined || payload.length === 0) return;
  for (let at = start; at < frame.length; at++) frame[at] = payload[(at - start) % payload.length]!;
}
