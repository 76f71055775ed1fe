import { ArgumentRangeError } from '../errors.js';
import { Descriptor } from './descriptor.js';
import { c, unchecked } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { cmsghdrLayout, controlSpace, msghdrLayout } from './message-header.js';
import { HOST, LITTLE_ENDIAN, POINTER_BYTES } from './platform.js';
import { pointerAt, setPointerAt } from './pointer.js';
import { SOL_SOCKET } from './socket.js';

// Source: include/linux/socket.h
const SCM_RIGHTS = 1;
const MSG_CTRUNC = 0x8;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_CMSG_CLOEXEC = 0x40000000;

/** Most descriptors of one message. The kernel's limit, SCM_MAX_FD, is 253. */
export const MESSAGE_DESCRIPTORS_MAX = 128;

const INT_BYTES = 4;
const MSGHDR = msghdrLayout(POINTER_BYTES);
const CMSGHDR = cmsghdrLayout(POINTER_BYTES);
const CONTROL_BYTES = controlSpace(MESSAGE_DESCRIPTORS_MAX * INT_BYTES, POINTER_BYTES);

// struct msghdr, struct iovec and control message lie in front of the data, each at a multiple of 64 bytes.
const IOVEC_AT = 64;
const CONTROL_AT = 128;
const DATA_AT = CONTROL_AT + Math.ceil(CONTROL_BYTES / 64) * 64;

/** What recvmsg(2) returned. */
export interface ReceivedMessage {
  /** Bytes of the message, 0 at the end of the connection, or a negative errno. */
  readonly result: number;
  /** Whether bytes or descriptors were cut off. */
  readonly truncated: boolean;
  /** The caller owns them. */
  readonly descriptors: readonly Descriptor[];
}

/**
 * Memory for one message with descriptors at a time. It is sent or received without waiting. sendmsg(2), recvmsg(2).
 */
export class MessageMemory implements Disposable {
  readonly #memory: MappedMemory;
  readonly #view: DataView;
  readonly #bytesMax: number;

  /** @param bytesMax most bytes of a message's data */
  constructor(bytesMax: number) {
    this.#memory = MappedMemory.anonymous(DATA_AT + bytesMax);
    this.#bytesMax = bytesMax;
    const { bytes } = this.#memory;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Returns the data of the message that was received last, of `length` bytes. Borrowed until the next message. */
  data(length: number): Uint8Array {
    return this.#memory.bytes.subarray(DATA_AT, DATA_AT + length);
  }

  /**
   * Sends `data` with `descriptors`, which the caller keeps, as one message to the socket `fd`. Returns how many
   * bytes were sent, or a negative errno: EAGAIN if the reader is too slow. Throws a RangeError if they exceed the
   * memory.
   */
  send(fd: number, data: Uint8Array, descriptors: readonly number[] = []): number {
    if (data.length > this.#bytesMax || descriptors.length > MESSAGE_DESCRIPTORS_MAX) {
      throw new ArgumentRangeError(
        `cannot send ${data.length} bytes and ${descriptors.length} descriptors: too many`,
      );
    }
    this.#memory.bytes.set(data, DATA_AT);
    const dataBytes = descriptors.length * INT_BYTES;
    if (dataBytes > 0) this.#encodeControl(descriptors);
    const space = dataBytes === 0 ? 0 : controlSpace(dataBytes, POINTER_BYTES);
    this.#encodeHeader(data.length, space);
    const address = BigInt(this.#memory.address);
    return unchecked(() => c.sendmsg(fd, address, MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  /** Takes the next message from the socket `fd`. `data(result)` returns its data. */
  receive(fd: number): ReceivedMessage {
    this.#encodeHeader(this.#bytesMax, CONTROL_BYTES);
    const address = BigInt(this.#memory.address);
    const result = unchecked(() => c.recvmsg(fd, address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
    if (result < 0) return { result, truncated: false, descriptors: [] };
    const flags = this.#view.getUint32(MSGHDR.offsets.msg_flags!, LITTLE_ENDIAN);
    const truncated = (flags & (MSG_TRUNC | MSG_CTRUNC)) !== 0;
    return { result, truncated, descriptors: this.#decodeControl() };
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #encodeHeader(dataBytes: number, controlBytes: number): void {
    const { bytes, address } = this.#memory;
    bytes.fill(0, 0, CONTROL_AT);
    const { offsets } = MSGHDR;
    // A struct iovec: base and length.
    setPointerAt(bytes, IOVEC_AT, address + DATA_AT);
    setPointerAt(bytes, IOVEC_AT + POINTER_BYTES, dataBytes);
    setPointerAt(bytes, offsets.msg_iov!, address + IOVEC_AT);
    setPointerAt(bytes, offsets.msg_iovlen!, 1);
    if (controlBytes === 0) return;
    setPointerAt(bytes, offsets.msg_control!, address + CONTROL_AT);
    setPointerAt(bytes, offsets.msg_controllen!, controlBytes);
  }

  #encodeControl(descriptors: readonly number[]): void {
    const { bytes } = this.#memory;
    bytes.fill(0, CONTROL_AT, DATA_AT);
    const { size, offsets } = CMSGHDR;
    setPointerAt(bytes, CONTROL_AT + offsets.cmsg_len!, size + descriptors.length * INT_BYTES);
    this.#view.setInt32(CONTROL_AT + offsets.cmsg_level!, SOL_SOCKET, LITTLE_ENDIAN);
    this.#view.setInt32(CONTROL_AT + offsets.cmsg_type!, SCM_RIGHTS, LITTLE_ENDIAN);
    for (const [index, fd] of descriptors.entries())
      this.#view.setInt32(CONTROL_AT + size + index * INT_BYTES, fd, LITTLE_ENDIAN);
  }

  /**
   * Returns the descriptors of the message. There is at most one control message, because only descriptors were
   * enabled.
   */
  #decodeControl(): Descriptor[] {
    const { bytes } = this.#memory;
    const { size, offsets } = CMSGHDR;
    if (Number(pointerAt(bytes, MSGHDR.offsets.msg_controllen!, HOST)) < size) return [];
    const level = this.#view.getInt32(CONTROL_AT + offsets.cmsg_level!, LITTLE_ENDIAN);
    const type = this.#view.getInt32(CONTROL_AT + offsets.cmsg_type!, LITTLE_ENDIAN);
    if (level !== SOL_SOCKET || type !== SCM_RIGHTS) return [];
    const length = Number(pointerAt(bytes, CONTROL_AT + offsets.cmsg_len!, HOST)) - size;
    return Array.from({ length: length / INT_BYTES }, (_, index) => {
      return new Descriptor(this.#view.getInt32(CONTROL_AT + size + index * INT_BYTES, LITTLE_ENDIAN));
    });
  }
}
