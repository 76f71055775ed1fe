import { c, unchecked } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { mmsghdrLayout } from './message-header.js';
import { Ownership } from './ownership.js';
import { PacketSocket } from './packet-socket.js';
import { POINTER_BYTES } from './platform.js';
import { setPointerAt } from './pointer.js';

const MESSAGE = mmsghdrLayout(POINTER_BYTES);
const IOVEC_SIZE = 2 * POINTER_BYTES;

/** Frames begin at such multiples, so that two share no cache line. Bytes. */
const ALIGNMENT = 64;

/**
 * Frames of one length that an AF_PACKET socket sends out of an interface, many with one call: sendmmsg(2). Their
 * bytes may be changed between two calls.
 */
export class PacketBatch implements Disposable {
  readonly count: number;
  /** All frames; frame `i` begins at `i * stride`. */
  readonly bytes: Uint8Array;
  readonly stride: number;
  readonly #owned = new Ownership();
  readonly #messages: MappedMemory;
  readonly #fd: number;

  /**
   * Maps `count` frames of `frameBytes` zeros, for the interface with index `ifindex` of this thread's network
   * namespace.
   */
  constructor(ifindex: number, count: number, frameBytes: number) {
    this.count = count;
    this.stride = Math.ceil(frameBytes / ALIGNMENT) * ALIGNMENT;
    try {
      this.#fd = this.#owned.own(PacketSocket.open(ifindex)).fd;
      const frames = this.#owned.own(MappedMemory.anonymous(count * this.stride));
      this.bytes = frames.bytes;
      const iovecs = this.#owned.own(MappedMemory.anonymous(count * IOVEC_SIZE));
      this.#messages = this.#owned.own(MappedMemory.anonymous(count * MESSAGE.size));
      for (let index = 0; index < count; index++) {
        const iovec = index * IOVEC_SIZE;
        setPointerAt(iovecs.bytes, iovec, frames.address + index * this.stride);
        setPointerAt(iovecs.bytes, iovec + POINTER_BYTES, frameBytes);
        const message = index * MESSAGE.size;
        setPointerAt(this.#messages.bytes, message + MESSAGE.offsets.msg_iov!, iovecs.address + iovec);
        setPointerAt(this.#messages.bytes, message + MESSAGE.offsets.msg_iovlen!, 1);
      }
    } catch (error) {
      this.#owned[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Sends the frames from number `first` on, in order. Returns how many the kernel took, or a negative errno if it
   * refused the first.
   */
  send(first = 0): number {
    const messages = BigInt(this.#messages.address + first * MESSAGE.size);
    return unchecked(() => c.sendmmsg(this.#fd, messages, this.count - first, 0));
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}
