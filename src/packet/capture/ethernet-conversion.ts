import { ETH_DEST, ETH_HLEN, ETH_PROTO, ETH_SOURCE } from '../headers/ethernet-header.js';
import { NO_SOURCE, PacketLink } from './packet-link.js';

const BROADCAST = 0xff;

/** MAC addresses for packets whose records have none. */
export interface StandInAddresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** Puts an Ethernet header in front of packets that have another link layer, or none. */
export class EthernetConversion {
  readonly #addresses: StandInAddresses;
  readonly #link = new PacketLink();
  #room = new Uint8Array(2048);
  /** The frame of the last `convert`. Borrowed until the next one. */
  frame: Uint8Array = this.#room.subarray(0, 0);
  /** Its length before the capture cut it. */
  originalLength = 0;

  constructor(addresses: StandInAddresses) {
    this.#addresses = addresses;
  }

  /** Makes a frame of what was captured of a packet. False if the packet can be none: then `frame` means nothing. */
  convert(linkType: number, packet: Uint8Array, originalLength: number): boolean {
    if (!this.#link.read(linkType, packet, originalLength)) return false;
    const { headerBytes } = this.#link;
    const frameBytes = ETH_HLEN + packet.length - headerBytes;
    if (frameBytes > this.#room.length) this.#room = new Uint8Array(2 * frameBytes);
    this.frame = this.#room.subarray(0, frameBytes);
    this.#writeHeader(packet);
    this.frame.set(packet.subarray(headerBytes), ETH_HLEN);
    this.originalLength = ETH_HLEN + Math.max(originalLength - headerBytes, 0);
    return true;
  }

  #writeHeader(packet: Uint8Array): void {
    const { frame } = this;
    const { sourceAt, broadcast, etherType } = this.#link;
    const { source, destination } = this.#addresses;
    for (let index = 0; index < ETH_SOURCE; index++) {
      frame[ETH_DEST + index] = broadcast ? BROADCAST : destination[index]!;
      frame[ETH_SOURCE + index] = sourceAt === NO_SOURCE ? source[index]! : packet[sourceAt + index]!;
    }
    frame[ETH_PROTO] = etherType >>> 8;
    frame[ETH_PROTO + 1] = etherType & 0xff;
  }
}
