import type { Descriptor } from './descriptor.js';
import { c, checked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';
import { AF_PACKET, openSocket, SOCK_RAW } from './socket.js';

// Source: include/uapi/linux/if_packet.h, struct sockaddr_ll. Bytes.
const SLL_FAMILY = 0; //   unsigned short
const SLL_PROTOCOL = 2; // __be16
const SLL_IFINDEX = 4; //  int
export const SLL_HATYPE = 8; //  unsigned short
export const SOCKADDR_LL_SIZE = 20;

/** Sends frames out of an interface, as the kernel's own frames, and receives none: packet(7). Needs CAP_NET_RAW. */
export class PacketSocket implements Disposable {
  readonly #descriptor: Descriptor;

  private constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  /**
   * Opens a socket for the interface with index `ifindex` in this thread's network namespace. Throws a SystemError.
   */
  static open(ifindex: number): PacketSocket {
    const purpose = { action: 'send out of', object: `interface ${ifindex}` };
    // A socket with protocol 0 receives nothing.
    const descriptor = openSocket({ domain: AF_PACKET, type: SOCK_RAW }, purpose);
    try {
      const address = encodePacketAddress(ifindex, 0);
      checked(purpose, 'bind(AF_PACKET)', () => c.bind(descriptor.fd, address, address.length));
      return new PacketSocket(descriptor);
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** The number, for `PacketBatch`; -1 once closed. Borrowed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Sends one Ethernet frame. Throws a SystemError. */
  send(frame: Uint8Array): void {
    const purpose = { action: 'send', object: 'frame' };
    checked(purpose, 'send(AF_PACKET)', () => c.send(this.#descriptor.fd, frame, frame.length, 0));
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}

/**
 * Encodes the address (struct sockaddr_ll) of an AF_PACKET socket at the interface with index `ifindex`, for frames
 * of `protocol` (ETH_P_*), or for none with 0.
 */
export function encodePacketAddress(ifindex: number, protocol: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
  address.setUint16(SLL_FAMILY, AF_PACKET, LITTLE_ENDIAN);
  address.setUint16(SLL_PROTOCOL, protocol);
  address.setInt32(SLL_IFINDEX, ifindex, LITTLE_ENDIAN);
  return new Uint8Array(address.buffer);
}
