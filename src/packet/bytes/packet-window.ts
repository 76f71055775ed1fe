/**
 * The part of a frame that belongs to one protocol: the bytes of it that were captured, and its length on the wire.
 *
 * Multi-byte numbers are big-endian. After one check with `has` the accessors cannot fail. The bytes are borrowed.
 */
export class PacketWindow {
  readonly bytes: Uint8Array;
  /** Where the part begins in `bytes`. */
  readonly start: number;
  /** Bytes of it that were captured. */
  readonly capturedLength: number;
  /** Bytes of it that were on the wire, at least those that were captured. */
  readonly wireLength: number;

  constructor(bytes: Uint8Array, start: number, end: number, wireLength: number) {
    this.bytes = bytes;
    this.start = start;
    this.wireLength = Math.max(0, wireLength);
    this.capturedLength = Math.max(0, Math.min(end - start, this.wireLength));
  }

  /** Whether the first `length` bytes were captured. */
  has(length: number): boolean {
    return length <= this.capturedLength;
  }

  uint8(offset: number): number {
    return this.bytes[this.start + offset]!;
  }

  uint16(offset: number): number {
    return (this.uint8(offset) << 8) | this.uint8(offset + 1);
  }

  uint32(offset: number): number {
    return this.uint16(offset) * 0x10000 + this.uint16(offset + 2);
  }

  /** What follows the first `offset` bytes. */
  from(offset: number): PacketWindow {
    const end = this.start + this.capturedLength;
    return new PacketWindow(this.bytes, this.start + offset, end, this.wireLength - offset);
  }

  /** The same part with another length on the wire: padding is cut off, a packet that was captured short grows. */
  resize(wireLength: number): PacketWindow {
    return new PacketWindow(this.bytes, this.start, this.start + this.capturedLength, wireLength);
  }

  /** Whether one of the `length` bytes at `offset` is not zero. */
  isNonzero(offset: number, length: number): boolean {
    for (let index = offset; index < offset + length; index++) {
      if (this.uint8(index) !== 0) return true;
    }
    return false;
  }
}
