import { MalformedError } from '../errors.js';
import { LITTLE_ENDIAN } from '../sys/platform.js';

// Source: include/uapi/linux/netlink.h, struct nlmsghdr. Bytes.
export const NLMSGHDR_SIZE = 16;
export const NLMSG_LEN = 0; //    __u32, with this header and without padding
export const NLMSG_TYPE = 4; //   __u16
export const NLMSG_FLAGS = 6; //  __u16
export const NLMSG_SEQ = 8; //    __u32
export const NLMSG_PID = 12; //   __u32

// Source: include/uapi/linux/netlink.h
export const NLMSG_ALIGNTO = 4;
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;
export const NLM_F_REQUEST = 0x01;
export const NLM_F_ACK = 0x04;
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

const INITIAL_BYTES = 256;

/** Rounds `length` up to the alignment at which the next header or attribute begins. */
export function alignMessage(length: number): number {
  return (length + NLMSG_ALIGNTO - 1) & ~(NLMSG_ALIGNTO - 1);
}

/** A cursor over the messages of one received datagram. What it returns is borrowed from `bytes`. */
export class MessageCursor {
  /** The whole datagram. */
  readonly bytes: Uint8Array;
  /** The same bytes, for reading numbers. */
  readonly view: DataView;
  #start = 0;
  #end = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Moves to the next message. Returns false after the last. Throws a MalformedError when its length is impossible.
   */
  next(): boolean {
    const start = alignMessage(this.#end);
    const available = this.bytes.byteLength - start;
    if (available <= 0) return false;
    if (available < NLMSGHDR_SIZE) {
      throw new MalformedError(
        `cannot read "netlink message": a header of ${NLMSGHDR_SIZE} bytes wanted, ${available} there`,
        start,
      );
    }
    const length = this.view.getUint32(start + NLMSG_LEN, LITTLE_ENDIAN);
    if (length < NLMSGHDR_SIZE || length > available) {
      throw new MalformedError(
        `cannot read "netlink message": its length is ${length}, ${available} bytes are there`,
        start + NLMSG_LEN,
      );
    }
    this.#start = start;
    this.#end = start + length;
    return true;
  }

  /** NLMSG_* or RTM_*. */
  get type(): number {
    return this.view.getUint16(this.#start + NLMSG_TYPE, LITTLE_ENDIAN);
  }

  /** NLM_F_*. */
  get flags(): number {
    return this.view.getUint16(this.#start + NLMSG_FLAGS, LITTLE_ENDIAN);
  }

  /** The number of the request that this message answers. 0 for an event. */
  get sequence(): number {
    return this.view.getUint32(this.#start + NLMSG_SEQ, LITTLE_ENDIAN);
  }

  /** The offset in `bytes` at which the payload begins. */
  get payloadStart(): number {
    return this.#start + NLMSGHDR_SIZE;
  }

  /** The offset in `bytes` at which the payload ends, without padding. */
  get payloadEnd(): number {
    return this.#end;
  }
}

/** A message under construction: a header, and behind it what `reserve` has added. */
export class MessageBuilder {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #length = NLMSGHDR_SIZE;

  /** @param type RTM_* */
  constructor(type: number) {
    this.view.setUint16(NLMSG_TYPE, type, LITTLE_ENDIAN);
  }

  /** Length in bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The message so far. Valid until the next `reserve`. */
  get view(): DataView {
    return new DataView(this.#bytes.buffer);
  }

  /** The same bytes, for copying into them. Valid until the next `reserve`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Adds `length` bytes of 0, padded to the alignment. Returns their offset. */
  reserve(length: number): number {
    const start = this.#length;
    const end = start + alignMessage(length);
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.byteLength));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = end;
    return start;
  }

  /** Completes the header and returns the message. Valid until the next `reserve`. It may be finished again. */
  finish(flags: number, sequence: number): Uint8Array {
    const { view } = this;
    view.setUint32(NLMSG_LEN, this.#length, LITTLE_ENDIAN);
    view.setUint16(NLMSG_FLAGS, flags, LITTLE_ENDIAN);
    view.setUint32(NLMSG_SEQ, sequence, LITTLE_ENDIAN);
    return this.#bytes.subarray(0, this.#length);
  }
}
