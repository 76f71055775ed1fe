import { formatHexByte } from '../bytes/hex.js';
import type { PacketWindow } from '../bytes/packet-window.js';
import { ETH_P_IP } from '../headers/ethernet-header.js';
import { formatProtocolName } from '../headers/ethertype-name.js';
import { formatIpv4Address, IPV4_ADDRESS_BYTES } from '../headers/ip-address.js';

// Source: include/uapi/linux/if_arp.h, struct arphdr. Bytes; the addresses follow it.
const ARP_HEADER_SIZE = 8;
const ARP_HARDWARE = 0; //        __be16
const ARP_PROTOCOL = 2; //        __be16
const ARP_HARDWARE_LENGTH = 4; // unsigned char
const ARP_PROTOCOL_LENGTH = 5; // unsigned char
const ARP_OPERATION = 6; //       __be16

const ARPOP_REQUEST = 1;
const ARPOP_REPLY = 2;
const ARPOP_RREQUEST = 3;
const ARPOP_RREPLY = 4;
const ARPOP_INREQUEST = 8;
const ARPOP_INREPLY = 9;
const ARPOP_NAK = 10;

const HARDWARE_NAMES: Readonly<Record<number, string>> = { 1: 'Ethernet', 6: 'TokenRing', 32: 'InfiniBand' };

/**
 * Describes an ARP packet as tcpdump -n does behind `ARP, `:
 * `Request who-has 10.0.0.1 tell 10.0.0.2, length 28`. Prints only the kinds of unusual
 * addresses, and both kinds and addresses if `verbose`, as with -v.
 */
export function summarizeArp(packet: PacketWindow, verbose: boolean): string {
  if (!packet.has(ARP_HEADER_SIZE)) return '[|arp]';
  const hardwareBytes = packet.uint8(ARP_HARDWARE_LENGTH);
  const protocolBytes = packet.uint8(ARP_PROTOCOL_LENGTH);
  if (!packet.has(ARP_HEADER_SIZE + 2 * (hardwareBytes + protocolBytes))) return '[|arp]';
  const usual =
    packet.uint16(ARP_PROTOCOL) === ETH_P_IP && protocolBytes === IPV4_ADDRESS_BYTES && hardwareBytes > 0;
  const length = `, length ${packet.wireLength}`;
  if (!verbose) return (usual ? describeOperation(packet) : describeKinds(packet)) + length;
  return `${describeKinds(packet)}, ${describeOperation(packet)}${length}`;
}

function describeKinds(packet: PacketWindow): string {
  const hardware = packet.uint16(ARP_HARDWARE);
  const hardwareName = HARDWARE_NAMES[hardware] ?? `Unknown Hardware (${hardware})`;
  const protocolName = formatProtocolName(packet.uint16(ARP_PROTOCOL));
  const hardwareBytes = packet.uint8(ARP_HARDWARE_LENGTH);
  return `${hardwareName} (len ${hardwareBytes}), ${protocolName} (len ${packet.uint8(ARP_PROTOCOL_LENGTH)})`;
}

function describeOperation(packet: PacketWindow): string {
  const hardwareBytes = packet.uint8(ARP_HARDWARE_LENGTH);
  const targetOffset = ARP_HEADER_SIZE + hardwareBytes + packet.uint8(ARP_PROTOCOL_LENGTH);
  const senderHardware = formatHardware(packet, ARP_HEADER_SIZE);
  const sender = formatProtocolAddress(packet, ARP_HEADER_SIZE + hardwareBytes);
  const targetHardware = formatHardware(packet, targetOffset);
  const target = formatProtocolAddress(packet, targetOffset + hardwareBytes);
  const operation = packet.uint16(ARP_OPERATION);
  switch (operation) {
    case ARPOP_REQUEST: {
      const asked = packet.isNonzero(targetOffset, hardwareBytes) ? ` (${targetHardware})` : '';
      return `Request who-has ${target}${asked} tell ${sender}`;
    }
    case ARPOP_REPLY:
      return `Reply ${sender} is-at ${senderHardware}`;
    case ARPOP_RREQUEST:
      return `Reverse Request who-is ${targetHardware} tell ${senderHardware}`;
    case ARPOP_RREPLY:
      return `Reverse Reply ${targetHardware} at ${target}`;
    case ARPOP_INREQUEST:
      return `Inverse Request who-is ${targetHardware} tell ${senderHardware}`;
    case ARPOP_INREPLY:
      return `Inverse Reply ${senderHardware} at ${sender}`;
    case ARPOP_NAK:
      return 'NACK Reply';
    default:
      return `Unknown (${operation})`;
  }
}

function formatProtocolAddress(packet: PacketWindow, offset: number): string {
  if (packet.uint16(ARP_PROTOCOL) !== ETH_P_IP) return '<wrong proto type>';
  if (packet.uint8(ARP_PROTOCOL_LENGTH) !== IPV4_ADDRESS_BYTES) return '<wrong len>';
  return formatIpv4Address(packet.bytes, packet.start + offset);
}

function formatHardware(packet: PacketWindow, offset: number): string {
  const groups: string[] = [];
  for (let index = 0; index < packet.uint8(ARP_HARDWARE_LENGTH); index++) {
    groups.push(formatHexByte(packet.uint8(offset + index)));
  }
  return groups.join(':');
}
