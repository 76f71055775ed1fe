import { ETH_LENGTH_MAX, ETH_P_IP, ETH_P_IPV6 } from '../headers/ethernet-header.js';
import { MAC_ADDRESS_BYTES } from '../headers/mac-address.js';
import {
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
  LINKTYPE_RAW_BSD,
  LINKTYPE_RAW_OPENBSD,
} from './pcap-format.js';

// Source: the descriptions of LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 of tcpdump.org. Bytes; big-endian.
export const SLL_HEADER_SIZE = 16;
const SLL_PACKET_TYPE = 0; //    Uint16
const SLL_ARPHRD = 2; //         Uint16
const SLL_ADDRESS_LENGTH = 4; // Uint16
const SLL_ADDRESS = 6;
const SLL_PROTOCOL = 14; //      Uint16
export const SLL2_HEADER_SIZE = 20;
const SLL2_PROTOCOL = 0; //       Uint16
const SLL2_ARPHRD = 8; //         Uint16
const SLL2_PACKET_TYPE = 10; //   Uint8
const SLL2_ADDRESS_LENGTH = 11; // Uint8
const SLL2_ADDRESS = 12;

const PACKET_BROADCAST = 1;
// Source: include/uapi/linux/if_ether.h. What these name is an 802.3 frame, which has a length in place of the ethertype.
const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;
/** Smallest number that is an ethertype. */
const ETH_P_802_3_MIN = 0x0600;
// Source: include/uapi/linux/if_arp.h. Behind a cooked header of these, the protocol field is no ethertype.
const NOT_ETHERTYPE_ARPHRD: ReadonlySet<number> = new Set([770, 801, 802, 803, 824]);

/** Every packet behind a loopback header begins with four bytes of address family. */
const LOOPBACK_HEADER_SIZE = 4;
const AF_INET = 2;
/** AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/** `PacketLink.sourceAt` of a packet that has no source address. */
export const NO_SOURCE = -1;

/** What the record of a packet that is not Ethernet says for an Ethernet header. One object serves for all packets. */
export class PacketLink {
  /** Bytes in front of the network header. */
  headerBytes = 0;
  /** The ethertype; of an 802.3 frame its length. */
  etherType = 0;
  /** Where the source's MAC address lies in the packet; NO_SOURCE for none. */
  sourceAt = NO_SOURCE;
  /** Whether it went to all stations. */
  broadcast = false;

  /** Reads what is in front of a packet. False if the packet cannot be an Ethernet frame, or is cut within its header. */
  read(linkType: number, packet: Uint8Array, originalLength: number): boolean {
    this.sourceAt = NO_SOURCE;
    this.broadcast = false;
    switch (linkType) {
      case LINKTYPE_LINUX_SLL:
        return packet.length >= SLL_HEADER_SIZE && this.#readCooked(packet, originalLength);
      case LINKTYPE_LINUX_SLL2:
        return packet.length >= SLL2_HEADER_SIZE && this.#readCooked2(packet, originalLength);
      case LINKTYPE_NULL:
      case LINKTYPE_LOOP:
        return packet.length >= LOOPBACK_HEADER_SIZE && this.#readLoopback(packet);
      default:
        return isRawIp(linkType) && this.#readIp(linkType, packet);
    }
  }

  #readCooked(packet: Uint8Array, originalLength: number): boolean {
    this.headerBytes = SLL_HEADER_SIZE;
    this.broadcast = uint16(packet, SLL_PACKET_TYPE) === PACKET_BROADCAST;
    this.#placeSource(packet, SLL_ADDRESS, uint16(packet, SLL_ADDRESS_LENGTH));
    return this.#readProtocol(uint16(packet, SLL_ARPHRD), uint16(packet, SLL_PROTOCOL), originalLength);
  }

  #readCooked2(packet: Uint8Array, originalLength: number): boolean {
    this.headerBytes = SLL2_HEADER_SIZE;
    this.broadcast = packet[SLL2_PACKET_TYPE] === PACKET_BROADCAST;
    this.#placeSource(packet, SLL2_ADDRESS, packet[SLL2_ADDRESS_LENGTH]!);
    return this.#readProtocol(uint16(packet, SLL2_ARPHRD), uint16(packet, SLL2_PROTOCOL), originalLength);
  }

  /** The loopback device and others have addresses of zeros, which stand for none. */
  #placeSource(packet: Uint8Array, at: number, length: number): void {
    if (length !== MAC_ADDRESS_BYTES) return;
    for (let index = at; index < at + MAC_ADDRESS_BYTES; index++) if (packet[index] !== 0) this.sourceAt = at;
  }

  #readProtocol(arphrd: number, protocol: number, originalLength: number): boolean {
    if (NOT_ETHERTYPE_ARPHRD.has(arphrd)) return false;
    const isLength = protocol === ETH_P_802_3 || protocol === ETH_P_802_2;
    this.etherType = isLength ? originalLength - this.headerBytes : protocol;
    return isLength ? this.etherType >= 0 && this.etherType <= ETH_LENGTH_MAX : protocol >= ETH_P_802_3_MIN;
  }

  /** The family is in the byte order of the machine that captured. It is below 256, so three bytes of it are 0. */
  #readLoopback(packet: Uint8Array): boolean {
    this.headerBytes = LOOPBACK_HEADER_SIZE;
    if (packet[1] !== 0 || packet[2] !== 0 || (packet[0] !== 0 && packet[3] !== 0)) return false;
    return this.#takeFamily(packet[0]! | packet[3]!);
  }

  #takeFamily(family: number): boolean {
    this.etherType = family === AF_INET ? ETH_P_IP : ETH_P_IPV6;
    return family === AF_INET || AF_INET6.has(family);
  }

  #readIp(linkType: number, packet: Uint8Array): boolean {
    this.headerBytes = 0;
    const version = packet.length === 0 ? 0 : packet[0]! >>> 4;
    this.etherType = version === 4 ? ETH_P_IP : ETH_P_IPV6;
    if (linkType === LINKTYPE_IPV4) return version === 4;
    return version === 6 || (version === 4 && linkType !== LINKTYPE_IPV6);
  }
}

function isRawIp(linkType: number): boolean {
  return (
    linkType === LINKTYPE_RAW ||
    linkType === LINKTYPE_RAW_BSD ||
    linkType === LINKTYPE_RAW_OPENBSD ||
    linkType === LINKTYPE_IPV4 ||
    linkType === LINKTYPE_IPV6
  );
}

function uint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}
