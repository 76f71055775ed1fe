import type { Descriptor } from './descriptor.js';
import { c, checked, type Purpose } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { ETH_P_ALL, PACKET_RX_RING, PACKET_VERSION, SOL_PACKET } from './packet-ring.js';
import { encodePacketAddress, SLL_HATYPE, SOCKADDR_LL_SIZE } from './packet-socket.js';
import { LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';
import { setPointerAt } from './pointer.js';
import { AF_PACKET, openSocket, readSocketOption, SOCK_RAW, SOL_SOCKET } from './socket.js';
import { SOCK_FILTER_SIZE } from './socket-filter.js';
import { layoutStruct } from './struct-layout.js';

// Source: include/uapi/asm-generic/socket.h
const SO_ATTACH_FILTER = 26;

// Source: include/uapi/linux/if_packet.h
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_PROMISC = 1;
const PACKET_STATISTICS = 6;
const PACKET_VNET_HDR = 15;
const PACKET_FANOUT = 18;
const PACKET_FANOUT_DATA = 22;
const PACKET_FANOUT_CBPF = 6;
const PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;
const TPACKET_V3 = 2;

// Source: include/uapi/linux/if_packet.h, struct packet_mreq. Bytes.
const MR_IFINDEX = 0; // int
const MR_TYPE = 4; //    unsigned short
const PACKET_MREQ_SIZE = 16;

// Source: include/uapi/linux/if_packet.h, struct tpacket_req3. Bytes.
const REQ3_BLOCK_SIZE = 0; //      unsigned int
const REQ3_BLOCK_NR = 4; //        unsigned int
const REQ3_FRAME_SIZE = 8; //      unsigned int
const REQ3_FRAME_NR = 12; //       unsigned int
const REQ3_RETIRE_BLK_TOV = 16; // unsigned int, milliseconds
const TPACKET_REQ3_SIZE = 28;

// Source: include/uapi/linux/if_packet.h, struct tpacket_stats_v3. Bytes.
const STATS3_PACKETS = 0; // unsigned int
const STATS3_DROPS = 4; //   unsigned int
const TPACKET_STATS_V3_SIZE = 12;

/** Smallest room for a frame that the kernel takes for a ring of blocks, where frames have the length that they need. Bytes. */
const FRAME_ROOM_BYTES = 2048;
/** The group's id in what PACKET_FANOUT returns. */
const GROUP_ID_MASK = 0xffff;
const INT_BYTES = 4;

/** Returns the layout of struct sock_fprog of linux/filter.h for a pointer width of 4 or 8 bytes. */
export function socketProgramLayout(pointerBytes: number) {
  return layoutStruct(
    [
      // An unsigned short and its pad: the length is stored as the short.
      ['len', 'unsigned'],
      ['filter', 'pointer'],
    ],
    pointerBytes,
  );
}

const SOCKET_PROGRAM = socketProgramLayout(POINTER_BYTES);
const { len: FPROG_LEN = 0, filter: FPROG_FILTER = 0 } = SOCKET_PROGRAM.offsets;

/** The blocks of a ring. */
export interface RingSize {
  /** A multiple of the page size. */
  readonly blockBytes: number;
  readonly blockCount: number;
  /** How long the kernel may fill a block that has frames before it hands the block over, in milliseconds. */
  readonly retireMs: number;
}

/** What a socket has counted. */
export interface SocketCounts {
  /** Frames that its filter accepted, those that were dropped included. */
  packets: number;
  /** Those that the kernel dropped because the ring had no room. */
  drops: number;
}

/**
 * An AF_PACKET socket that sees what an interface receives and sends, and takes nothing: packet(7). The kernel puts frames into a
 * ring of blocks (TPACKET_V3) that this process maps. Sockets in one group (PACKET_FANOUT) share an interface's frames: a
 * classic BPF program chooses the socket of each frame. Needs CAP_NET_RAW.
 *
 * The order of the calls: `open`, then `keepHeaders`, `makeRing` and `mapRing` if there is to be a ring, `setFilter`, `bind`,
 * then `startGroup` or `joinGroup`. Each throws a SystemError.
 */
export class RingSocket implements Disposable {
  readonly #descriptor: Descriptor;
  readonly #purpose: Purpose;
  readonly #counts: SocketCounts = { packets: 0, drops: 0 };

  private constructor(descriptor: Descriptor, purpose: Purpose) {
    this.#descriptor = descriptor;
    this.#purpose = purpose;
  }

  /** Opens a socket in this thread's network namespace, which sees nothing yet. `purpose` is for errors. */
  static open(purpose: Purpose): RingSocket {
    const descriptor = openSocket({ domain: AF_PACKET, type: SOCK_RAW }, purpose);
    const socket = new RingSocket(descriptor, purpose);
    try {
      socket.#setNumber(PACKET_VERSION, TPACKET_V3, 'PACKET_VERSION');
      return socket;
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** Borrowed; -1 once closed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Lets each frame of the ring follow its virtio-net header of 10 bytes. */
  keepHeaders(): void {
    this.#setNumber(PACKET_VNET_HDR, 1, 'PACKET_VNET_HDR');
  }

  /** Makes the ring. ENOMEM if the kernel has no memory for it. */
  makeRing({ blockBytes, blockCount, retireMs }: RingSize): void {
    const request = new DataView(new ArrayBuffer(TPACKET_REQ3_SIZE));
    const put = (field: number, value: number) => request.setUint32(field, value, LITTLE_ENDIAN);
    put(REQ3_BLOCK_SIZE, blockBytes);
    put(REQ3_BLOCK_NR, blockCount);
    put(REQ3_FRAME_SIZE, FRAME_ROOM_BYTES);
    put(REQ3_FRAME_NR, (blockBytes / FRAME_ROOM_BYTES) * blockCount);
    put(REQ3_RETIRE_BLK_TOV, retireMs);
    this.#set(SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer), 'PACKET_RX_RING');
  }

  /** Maps the ring, `byteCount` bytes in all, in place of the bytes of `memory` from `offset` on. */
  mapRing(memory: MappedMemory, offset: number, byteCount: number): void {
    memory.placeFile(this.fd, offset, byteCount, 'packet ring');
  }

  /**
   * Lets the socket see only the frames that `program` accepts: instructions of classic BPF, struct sock_filter. EINVAL if the kernel
   * refuses the program.
   */
  setFilter(program: Uint8Array): void {
    this.#setProgram(SOL_SOCKET, SO_ATTACH_FILTER, program, 'SO_ATTACH_FILTER');
  }

  /** Begins to watch the interface with index `ifindex`. Returns the kind of its hardware: ARPHRD_*. */
  bind(ifindex: number): number {
    const address = encodePacketAddress(ifindex, ETH_P_ALL);
    checked(this.#purpose, 'bind(AF_PACKET)', () => c.bind(this.fd, address, address.length));
    const bound = new Uint8Array(SOCKADDR_LL_SIZE);
    const length = new Uint8Array(Int32Array.of(SOCKADDR_LL_SIZE).buffer);
    checked(this.#purpose, 'getsockname', () => c.getsockname(this.fd, bound, length));
    return new DataView(bound.buffer).getUint16(SLL_HATYPE, LITTLE_ENDIAN);
  }

  /** Keeps the interface with index `ifindex` in promiscuous mode while the socket is open. */
  makePromiscuous(ifindex: number): void {
    const request = new DataView(new ArrayBuffer(PACKET_MREQ_SIZE));
    request.setInt32(MR_IFINDEX, ifindex, LITTLE_ENDIAN);
    request.setUint16(MR_TYPE, PACKET_MR_PROMISC, LITTLE_ENDIAN);
    const value = new Uint8Array(request.buffer);
    this.#set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, value, 'PACKET_ADD_MEMBERSHIP');
  }

  /**
   * Makes this socket the first of a new group, and returns the id of the group. EINVAL while the interface is down: before Linux
   * 6.13 or so.
   */
  startGroup(): number {
    const kind = PACKET_FANOUT_CBPF | PACKET_FANOUT_FLAG_UNIQUEID;
    this.#setNumber(PACKET_FANOUT, kind * 0x10000, 'PACKET_FANOUT');
    const option = [SOL_PACKET, PACKET_FANOUT, 'PACKET_FANOUT'] as const;
    const value = readSocketOption(this.fd, option, INT_BYTES, this.#purpose);
    return value.getUint32(0, LITTLE_ENDIAN) & GROUP_ID_MASK;
  }

  /** Makes this socket the next of the group `id`. */
  joinGroup(id: number): void {
    this.#setNumber(PACKET_FANOUT, PACKET_FANOUT_CBPF * 0x10000 + id, 'PACKET_FANOUT');
  }

  /**
   * Lets `program` choose the socket of each frame for the group of this socket. It returns the socket's number in the order of
   * joining, from 0 on; the kernel takes it modulo the number of sockets.
   */
  setGroupProgram(program: Uint8Array): void {
    this.#setProgram(SOL_PACKET, PACKET_FANOUT_DATA, program, 'PACKET_FANOUT_DATA');
  }

  /**
   * What the socket has counted since it was opened; the same object each time. Call it at least once in 2^32 packets: the
   * kernel's own counters have 32 bits and begin anew at each call.
   */
  readCounts(): SocketCounts {
    const option = [SOL_PACKET, PACKET_STATISTICS, 'PACKET_STATISTICS'] as const;
    const value = readSocketOption(this.fd, option, TPACKET_STATS_V3_SIZE, this.#purpose);
    this.#counts.packets += value.getUint32(STATS3_PACKETS, LITTLE_ENDIAN);
    this.#counts.drops += value.getUint32(STATS3_DROPS, LITTLE_ENDIAN);
    return this.#counts;
  }

  /** Closes the socket. A ring that is mapped lives on until it is unmapped. */
  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }

  #setNumber(name: number, value: number, what: string): void {
    this.#set(SOL_PACKET, name, new Uint8Array(Uint32Array.of(value).buffer), what);
  }

  #set(level: number, name: number, value: Uint8Array, what: string): void {
    const set = () => c.setsockopt(this.fd, level, name, value, value.length);
    checked(this.#purpose, `setsockopt(${what})`, set);
  }

  /** The kernel copies the instructions during the call. */
  #setProgram(level: number, name: number, program: Uint8Array, what: string): void {
    using instructions = MappedMemory.anonymous(program.length);
    instructions.bytes.set(program);
    const description = new Uint8Array(SOCKET_PROGRAM.size);
    const count = program.length / SOCK_FILTER_SIZE;
    new DataView(description.buffer).setUint16(FPROG_LEN, count, LITTLE_ENDIAN);
    setPointerAt(description, FPROG_FILTER, instructions.address);
    this.#set(level, name, description, what);
  }
}
