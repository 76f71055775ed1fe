import { ETH_DEST, ETH_HLEN, ETH_SOURCE } from '../headers/ethernet-header.js';
import { IPV4_ADDRESS_BYTES, IPV6_ADDRESS_BYTES } from '../headers/ip-address.js';
import { IPV4_CHECKSUM, IPV4_DESTINATION, IPV4_SOURCE } from '../headers/ipv4-header.js';
import { IPV6_DESTINATION, IPV6_SOURCE } from '../headers/ipv6-header.js';
import { MAC_ADDRESS_BYTES } from '../headers/mac-address.js';
import { TCP_DESTINATION, TCP_SEQUENCE, TCP_SOURCE } from '../headers/tcp-header.js';
import {
  type ChecksumFields,
  IN_NETWORK_SUM,
  IN_NO_SUM,
  IN_TRANSPORT_SUM,
} from '../offload/checksummed-frame.js';
import {
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  CHECKSUM_OFFSETS,
  ECHO_ID,
  ECHO_SEQUENCE,
} from './frame-builder.js';
import {
  type FrameTemplate,
  ipHeaderBytes,
  isIpv4,
  linkHeaderBytes,
  TRANSPORT_HEADER_SIZES,
} from './frame-template.js';
import type { VariedFieldName } from './varied-field.js';

/** The properties of a template that decide where the parts of its frame lie. */
export type FrameShape = Pick<FrameTemplate, 'protocol' | 'source' | 'vlanId'>;

/** Where in a frame a part lies that can vary. Bytes. */
export interface FieldPlace {
  /** From the beginning of the frame, all even. Several if the frame contains the part several times. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** The checksums that include it: IN_ bits. */
  readonly sums: number;
}

/** Where a frame of `shape` has `field`; undefined if it has none. */
export function placeField(field: VariedFieldName, shape: FrameShape): FieldPlace | undefined {
  switch (field) {
    case 'src-mac':
      return { offsets: sourceMacOffsets(shape), bytes: MAC_ADDRESS_BYTES, sums: IN_NO_SUM };
    case 'dst-mac':
      return { offsets: [ETH_DEST], bytes: MAC_ADDRESS_BYTES, sums: IN_NO_SUM };
    case 'vlan':
      return shape.vlanId === undefined ? undefined : { offsets: [ETH_HLEN], bytes: 2, sums: IN_NO_SUM };
    case 'src-ip':
      return placeAddress(shape, { arp: ARP_SENDER_IP, ipv4: IPV4_SOURCE, ipv6: IPV6_SOURCE });
    case 'dst-ip':
      return placeAddress(shape, { arp: ARP_TARGET_IP, ipv4: IPV4_DESTINATION, ipv6: IPV6_DESTINATION });
    case 'src-port':
      return hasPorts(shape) ? placeInTransport(shape, TCP_SOURCE, 2) : undefined;
    case 'dst-port':
      return hasPorts(shape) ? placeInTransport(shape, TCP_DESTINATION, 2) : undefined;
    case 'seq':
      if (shape.protocol === 'tcp') return placeInTransport(shape, TCP_SEQUENCE, 4);
      return shape.protocol === 'icmp' ? placeInTransport(shape, ECHO_SEQUENCE, 2) : undefined;
    case 'id':
      return shape.protocol === 'icmp' ? placeInTransport(shape, ECHO_ID, 2) : undefined;
  }
}

/** Where a frame of `shape` has its checksums. */
export function placeChecksums(shape: FrameShape): ChecksumFields {
  if (shape.protocol === 'arp') return { zeroMeansNone: false };
  return {
    network: isIpv4(shape) ? linkHeaderBytes(shape.vlanId) + IPV4_CHECKSUM : undefined,
    transport: transportOffset(shape) + CHECKSUM_OFFSETS[shape.protocol],
    zeroMeansNone: shape.protocol === 'udp',
  };
}

/** Where the payload of a frame of `shape` begins; undefined for ARP, which has none. */
export function payloadOffset(shape: FrameShape): number | undefined {
  if (shape.protocol === 'arp') return undefined;
  return transportOffset(shape) + TRANSPORT_HEADER_SIZES[shape.protocol];
}

function sourceMacOffsets({ protocol, vlanId }: FrameShape): number[] {
  return protocol === 'arp' ? [ETH_SOURCE, linkHeaderBytes(vlanId) + ARP_SENDER_MAC] : [ETH_SOURCE];
}

/** The IP header's checksum includes an address, and so does every pseudo header: only ICMP over IPv4 has none. */
function placeAddress(
  shape: FrameShape,
  offsets: { readonly arp: number; readonly ipv4: number; readonly ipv6: number },
): FieldPlace {
  const start = linkHeaderBytes(shape.vlanId);
  if (shape.protocol === 'arp') {
    return { offsets: [start + offsets.arp], bytes: IPV4_ADDRESS_BYTES, sums: IN_NO_SUM };
  }
  if (!isIpv4(shape)) {
    return { offsets: [start + offsets.ipv6], bytes: IPV6_ADDRESS_BYTES, sums: IN_TRANSPORT_SUM };
  }
  const sums = shape.protocol === 'icmp' ? IN_NETWORK_SUM : IN_NETWORK_SUM | IN_TRANSPORT_SUM;
  return { offsets: [start + offsets.ipv4], bytes: IPV4_ADDRESS_BYTES, sums };
}

function placeInTransport(shape: FrameShape, offset: number, bytes: number): FieldPlace {
  return { offsets: [transportOffset(shape) + offset], bytes, sums: IN_TRANSPORT_SUM };
}

function transportOffset({ source, vlanId }: FrameShape): number {
  return linkHeaderBytes(vlanId) + ipHeaderBytes(source);
}

/** TCP and UDP have them at the same place. */
function hasPorts({ protocol }: FrameShape): boolean {
  return protocol === 'tcp' || protocol === 'udp';
}
