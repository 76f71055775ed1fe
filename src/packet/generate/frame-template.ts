import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { ETH_HLEN, VLAN_HLEN } from '../headers/ethernet-header.js';
import { IPV4_ADDRESS_BYTES, IPV6_ADDRESS_BYTES } from '../headers/ip-address.js';
import { IPV4_HEADER_SIZE } from '../headers/ipv4-header.js';
import { IPV6_HEADER_SIZE } from '../headers/ipv6-header.js';
import { MAC_ADDRESS_BYTES } from '../headers/mac-address.js';
import { TCP_HEADER_SIZE } from '../headers/tcp-header.js';
import { UDP_HEADER_SIZE } from '../headers/udp-header.js';

/** The largest number in a 16-bit length. */
const LENGTH_MAX = 0xffff;

/** What Linux gives to its own packets. */
export const HOP_LIMIT_DEFAULT = 64;
/** 4095 is reserved. */
export const VLAN_ID_MAX = 4094;

const ARP_SIZE = 28;

/** The protocol on top of Ethernet (ARP) or IP that `buildFrame` writes. */
export type TemplateProtocol = 'arp' | 'icmp' | 'tcp' | 'udp';

/** What a frame is to contain. */
export interface FrameTemplate {
  /** `icmp` is an echo request, over IPv6 one of ICMPv6. `arp` asks for `destination`. */
  readonly protocol: TemplateProtocol;
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  /** Four bytes of IPv4, or 16 of IPv6; ARP has only IPv4. */
  readonly source: Uint8Array;
  /** As long as `source`. */
  readonly destination: Uint8Array;
  /** The frame's length with its Ethernet header, without a frame check sequence. */
  readonly frameBytes: number;
  /** Bytes that fill the payload, repeated as needed. @default one zero byte */
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

/** Bytes of the headers on top of IP. */
export const TRANSPORT_HEADER_SIZES = { icmp: 8, tcp: TCP_HEADER_SIZE, udp: UDP_HEADER_SIZE };

/** Bytes of the shortest frame of such a template: all headers and no payload. */
export function frameBytesMin(template: Pick<FrameTemplate, 'protocol' | 'source' | 'vlanId'>): number {
  const linkBytes = linkHeaderBytes(template.vlanId);
  if (template.protocol === 'arp') return linkBytes + ARP_SIZE;
  return linkBytes + ipHeaderBytes(template.source) + TRANSPORT_HEADER_SIZES[template.protocol];
}

/** Bytes of the longest frame of such a template: its length fields hold no larger number. */
export function frameBytesMax(template: Pick<FrameTemplate, 'source' | 'vlanId'>): number {
  return linkHeaderBytes(template.vlanId) + (isIpv4(template) ? 0 : IPV6_HEADER_SIZE) + LENGTH_MAX;
}

/** Whether the frame is of IPv4 or ARP. */
export function isIpv4(template: Pick<FrameTemplate, 'source'>): boolean {
  return template.source.length === IPV4_ADDRESS_BYTES;
}

/** Bytes of the Ethernet header, with its VLAN tag if it has one. */
export function linkHeaderBytes(vlanId: number | undefined): number {
  return ETH_HLEN + (vlanId === undefined ? 0 : VLAN_HLEN);
}

/** Bytes of the IP header to which an address of this length belongs. */
export function ipHeaderBytes(source: Uint8Array): number {
  return source.length === IPV4_ADDRESS_BYTES ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
}

/**
 * Checks that a frame can be built from `template`.
 *
 * @throws {RangeError} when the frame is too short for its headers or too long for its length fields.
 * @throws {TypeError} when the addresses are not both of IPv4 or both of IPv6.
 */
export function checkTemplate(template: FrameTemplate): void {
  const { protocol, sourceMac, destinationMac, source, destination, frameBytes, vlanId } = template;
  const isKnown = source.length === IPV4_ADDRESS_BYTES || source.length === IPV6_ADDRESS_BYTES;
  if (!isKnown || destination.length !== source.length || (protocol === 'arp' && !isIpv4(template))) {
    const fact = `its addresses have ${source.length} and ${destination.length} bytes`;
    throw new ArgumentTypeError(`cannot build a frame of "${protocol}": ${fact}`);
  }
  if (sourceMac.length !== MAC_ADDRESS_BYTES || destinationMac.length !== MAC_ADDRESS_BYTES) {
    throw new ArgumentTypeError(
      `cannot build a frame of "${protocol}": a MAC address has ${MAC_ADDRESS_BYTES} bytes`,
    );
  }
  if (vlanId !== undefined && (vlanId < 0 || vlanId > VLAN_ID_MAX)) {
    throw new ArgumentRangeError(
      `cannot build a frame of "${protocol}": VLAN id ${vlanId} is not 0 to ${VLAN_ID_MAX}`,
    );
  }
  const least = frameBytesMin(template);
  const most = frameBytesMax(template);
  if (Number.isInteger(frameBytes) && frameBytes >= least && frameBytes <= most) return;
  throw new ArgumentRangeError(
    `cannot build a frame of "${protocol}": ${frameBytes} bytes are not ${least} to ${most}`,
  );
}
