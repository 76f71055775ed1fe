import { ArgumentRangeError, MalformedError } from '../errors.js';
import { HIGH_WORD, LITTLE_ENDIAN, LOW_WORD } from '../sys/platform.js';
import { alignMessage, type MessageBuilder } from './message.js';

// Source: include/uapi/linux/netlink.h, struct nlattr (rtnetlink calls it rtattr). Bytes.
export const NLATTR_SIZE = 4;
export const NLA_LEN = 0; //  __u16, with this header and without padding
export const NLA_TYPE = 2; // __u16

// Source: include/uapi/linux/netlink.h
export const NLA_F_NESTED = 0x8000;
export const NLA_F_NET_BYTEORDER = 0x4000;
export const NLA_TYPE_MASK = ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER);

const LENGTH_MAX = 0xffff;
const WORD_BYTES = 4;
const ASCII_MAX = 0x7f;

/**
 * A set of attribute types as a table with a 1 for each. It is looked up for each of the dozens of attributes of a
 * message.
 */
export type AttributeTypes = Uint8Array;

/** Makes the set of `types`. */
export function attributeTypes(...types: readonly number[]): AttributeTypes {
  const table = new Uint8Array(Math.max(...types) + 1);
  for (const type of types) table[type] = 1;
  return table;
}

/**
 * A cursor over the attributes between two offsets. `next` checks that an attribute lies between them. An accessor
 * throws a MalformedError when the payload is too short for the number.
 */
export class AttributeCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limit: number;
  #start: number;
  #end: number;
  #type = 0;

  /** @param view the same bytes as `bytes`. Offsets count from their beginning */
  constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = view;
    this.#start = start;
    this.#end = start;
    this.#limit = end;
  }

  /**
   * Moves to the next attribute, or with `types` to the next one of a type among them. Returns false after the last.
   * Throws a MalformedError when an attribute has an impossible length, also one that is skipped.
   */
  next(types?: AttributeTypes): boolean {
    const view = this.#view;
    const limit = this.#limit;
    for (let start = alignMessage(this.#end); start < limit; ) {
      const available = limit - start;
      const length = available < NLATTR_SIZE ? available : view.getUint16(start + NLA_LEN, LITTLE_ENDIAN);
      if (length < NLATTR_SIZE || length > available) throw impossibleLength(start, length, available);
      const type = view.getUint16(start + NLA_TYPE, LITTLE_ENDIAN) & NLA_TYPE_MASK;
      if (types === undefined || types[type] === 1) {
        this.#start = start;
        this.#end = start + length;
        this.#type = type;
        return true;
      }
      start = alignMessage(start + length);
    }
    this.#end = limit;
    return false;
  }

  /** The type, such as IFLA_*, without the flag bits. */
  get type(): number {
    return this.#type;
  }

  /** Bytes of the payload. */
  get length(): number {
    return this.#end - this.#start - NLATTR_SIZE;
  }

  /** __u8 at byte `offset` of the payload. */
  u8(offset = 0): number {
    return this.#view.getUint8(this.#at(offset, 1));
  }

  /** __u32 at byte `offset` of the payload. */
  u32(offset = 0): number {
    return this.#view.getUint32(this.#at(offset, WORD_BYTES), LITTLE_ENDIAN);
  }

  /** __s32 at byte `offset` of the payload. */
  s32(offset = 0): number {
    return this.#view.getInt32(this.#at(offset, WORD_BYTES), LITTLE_ENDIAN);
  }

  /** __u64 as a number. It is exact up to 2^53, which a byte counter reaches after eight days at 100 Gbit/s. */
  u64(offset = 0): number {
    const at = this.#at(offset, 2 * WORD_BYTES);
    const low = this.#view.getUint32(at + LOW_WORD * WORD_BYTES, LITTLE_ENDIAN);
    return this.#view.getUint32(at + HIGH_WORD * WORD_BYTES, LITTLE_ENDIAN) * 0x1_0000_0000 + low;
  }

  /** The payload as text, up to the first zero byte if it has one. */
  string(): string {
    let text = '';
    for (let at = this.#start + NLATTR_SIZE; at < this.#end; at++) {
      const byte = this.#bytes[at]!;
      if (byte === 0) break;
      if (byte > ASCII_MAX) return this.#utf8();
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The payload, borrowed from the message. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(this.#start + NLATTR_SIZE, this.#end);
  }

  /** A cursor over the attributes inside this one. */
  nested(): AttributeCursor {
    return new AttributeCursor(this.#bytes, this.#view, this.#start + NLATTR_SIZE, this.#end);
  }

  /** A copy of all bytes behind the current attribute. */
  ahead(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#end, this.#limit));
  }

  /** Whether the bytes behind the current attribute are `bytes`. */
  aheadIs(bytes: Buffer): boolean {
    return bytes.compare(this.#bytes, this.#end, this.#limit) === 0;
  }

  #utf8(): string {
    const bytes = Buffer.from(this.bytes());
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }

  #at(offset: number, length: number): number {
    if (this.#start + NLATTR_SIZE + offset + length > this.#end) {
      throw new MalformedError(
        `cannot read "netlink attribute ${this.type}": ${offset + length} bytes wanted, ${this.length} there`,
        this.#start,
      );
    }
    return this.#start + NLATTR_SIZE + offset;
  }
}

function impossibleLength(start: number, length: number, available: number): MalformedError {
  return new MalformedError(
    `cannot read "netlink attribute": its length is ${length}, ${available} bytes are there`,
    start,
  );
}

/** Appends attributes to a message. Throws a RangeError for a payload that is too long for an attribute. */
export class AttributeWriter {
  readonly #message: MessageBuilder;

  constructor(message: MessageBuilder) {
    this.#message = message;
  }

  u32(type: number, value: number): void {
    const at = this.#begin(type, WORD_BYTES);
    this.#message.view.setUint32(at, value, LITTLE_ENDIAN);
  }

  /** Appends text with a zero byte behind it, as C expects it. */
  string(type: number, text: string): void {
    const bytes = new TextEncoder().encode(text);
    const at = this.#begin(type, bytes.byteLength + 1);
    this.#message.bytes.set(bytes, at);
  }

  bytes(type: number, payload: Uint8Array): void {
    const at = this.#begin(type, payload.byteLength);
    this.#message.bytes.set(payload, at);
  }

  /** Appends an attribute that contains the attributes that `write` appends. */
  nested(type: number, write: () => void): void {
    const start = this.#begin(type | NLA_F_NESTED, 0) - NLATTR_SIZE;
    write();
    this.#setLength(start, this.#message.length - start);
  }

  /** Appends a header and room for the payload. Returns the offset of the payload. */
  #begin(type: number, payloadBytes: number): number {
    const start = this.#message.reserve(NLATTR_SIZE + payloadBytes);
    this.#setLength(start, NLATTR_SIZE + payloadBytes);
    this.#message.view.setUint16(start + NLA_TYPE, type, LITTLE_ENDIAN);
    return start + NLATTR_SIZE;
  }

  #setLength(start: number, length: number): void {
    if (length > LENGTH_MAX)
      throw new ArgumentRangeError(`cannot write netlink attribute: ${length} bytes, ${LENGTH_MAX} fit`);
    this.#message.view.setUint16(start + NLA_LEN, length, LITTLE_ENDIAN);
  }
}
