import { c, checked } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { Ownership } from './ownership.js';
import { encodePacketAddress } from './packet-socket.js';
import { LITTLE_ENDIAN } from './platform.js';
import { AF_PACKET, openSocket, SOCK_RAW } from './socket.js';

// Source: include/linux/socket.h, include/uapi/linux/if_packet.h, include/uapi/linux/if_ether.h
export const SOL_PACKET = 263;
export const PACKET_RX_RING = 5;
export const PACKET_VERSION = 10;
const TPACKET_V2 = 1;
export const TP_STATUS_KERNEL = 0;
export const TP_STATUS_USER = 1;
export const ETH_P_ALL = 3;

// Source: include/uapi/linux/if_packet.h, struct tpacket_req. Bytes.
const TP_BLOCK_SIZE = 0; // unsigned int
const TP_BLOCK_NR = 4; //   unsigned int
const TP_FRAME_SIZE = 8; // unsigned int
const TP_FRAME_NR = 12; //  unsigned int
const TPACKET_REQ_SIZE = 16;

// Source: include/uapi/linux/if_packet.h, struct tpacket2_hdr. Bytes.
const TP_STATUS = 0; //  __u32
const TP_SNAPLEN = 8; // __u32
const TP_MAC = 12; //    __u16

/** Room for a frame: the kernel's headers, and the first bytes of the frame itself. Bytes. */
const SLOT_BYTES = 256;
const BLOCK_BYTES = 64 * 1024;
const SLOTS_PER_BLOCK = BLOCK_BYTES / SLOT_BYTES;

/**
 * Watches what an interface receives and sends, and takes nothing: the first bytes of each frame lie in memory that
 * an AF_PACKET socket shares with the kernel (PACKET_RX_RING). A cursor. Frames that find no room are not seen.
 * packet(7).
 */
export class PacketRing implements Disposable {
  readonly #owned = new Ownership();
  readonly #view: DataView;
  readonly #slots: number;
  #next = 0;
  #at = 0;
  /** All of the memory; the current frame is `bytes[offset] …` for `length` bytes. */
  readonly bytes: Uint8Array;

  /**
   * Makes room for at least `frames` frames of the interface with index `ifindex` of this thread's network namespace.
   * Throws a SystemError: EPERM without CAP_NET_RAW.
   */
  constructor(ifindex: number, frames: number) {
    const blocks = Math.ceil(frames / SLOTS_PER_BLOCK);
    const purpose = { action: 'look at', object: `interface ${ifindex}` };
    this.#slots = blocks * SLOTS_PER_BLOCK;
    try {
      // With protocol 0 the socket receives nothing before its ring is mapped.
      const { fd } = this.#owned.own(openSocket({ domain: AF_PACKET, type: SOCK_RAW }, purpose));
      const set = (name: number, value: Uint8Array, what: string) =>
        checked(purpose, `setsockopt(${what})`, () =>
          c.setsockopt(fd, SOL_PACKET, name, value, value.length),
        );
      set(PACKET_VERSION, new Uint8Array(Int32Array.of(TPACKET_V2).buffer), 'PACKET_VERSION');
      set(PACKET_RX_RING, ringRequest(blocks), 'PACKET_RX_RING');
      const memory = this.#owned.own(MappedMemory.file(fd, blocks * BLOCK_BYTES, 'packet ring'));
      this.bytes = memory.bytes;
      this.#view = new DataView(memory.bytes.buffer);
      const address = encodePacketAddress(ifindex, ETH_P_ALL);
      checked(purpose, 'bind(AF_PACKET)', () => c.bind(fd, address, address.length));
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Moves to the next frame. Returns false if none has come. Call `release` after reading the frame. */
  next(): boolean {
    const at = this.#next * SLOT_BYTES;
    if ((this.#view.getUint32(at + TP_STATUS, LITTLE_ENDIAN) & TP_STATUS_USER) === 0) return false;
    this.#at = at;
    this.#next = (this.#next + 1) % this.#slots;
    return true;
  }

  /** Byte of `bytes` where the current frame's Ethernet header begins. */
  get offset(): number {
    return this.#at + this.#view.getUint16(this.#at + TP_MAC, LITTLE_ENDIAN);
  }

  /** Bytes of the current frame that are in the ring. */
  get length(): number {
    return this.#view.getUint32(this.#at + TP_SNAPLEN, LITTLE_ENDIAN);
  }

  /** Gives the current frame's slot back to the kernel. */
  release(): void {
    this.#view.setUint32(this.#at + TP_STATUS, TP_STATUS_KERNEL, LITTLE_ENDIAN);
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

function ringRequest(blocks: number): Uint8Array {
  const request = new DataView(new ArrayBuffer(TPACKET_REQ_SIZE));
  request.setUint32(TP_BLOCK_SIZE, BLOCK_BYTES, LITTLE_ENDIAN);
  request.setUint32(TP_BLOCK_NR, blocks, LITTLE_ENDIAN);
  request.setUint32(TP_FRAME_SIZE, SLOT_BYTES, LITTLE_ENDIAN);
  request.setUint32(TP_FRAME_NR, blocks * SLOTS_PER_BLOCK, LITTLE_ENDIAN);
  return new Uint8Array(request.buffer);
}
