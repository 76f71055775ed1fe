import type { Descriptor } from './descriptor.js';
import { c, checked } from './libc.js';
import { encodePacketAddress } from './packet-address.js';
import { AF_PACKET, openSocket, SOCK_RAW } from './socket.js';

/** Lets the kernel send frames out of an interface, and takes none: packet(7). Needs CAP_NET_RAW. */
export class PacketSocket implements Disposable {
  readonly #descriptor: Descriptor;

  private constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  /** For the interface with index `ifindex` in this thread's network namespace. */
  static open(ifindex: number): PacketSocket {
    const purpose = { action: 'send out of', object: `interface ${ifindex}` };
    // Protocol 0 receives nothing.
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

  /** Sends one Ethernet frame. */
  send(frame: Uint8Array): void {
    const purpose = { action: 'send', object: 'frame' };
    checked(purpose, 'send(AF_PACKET)', () => c.send(this.#descriptor.fd, frame, frame.length, 0));
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}
