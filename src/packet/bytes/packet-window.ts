/**
 * A protocol's share of a frame: what was captured of it, and how long it was on the wire.
 *
 * Multi-byte numbers are big-endian. Check with `has` once, then the accessors cannot fail. It borrows the bytes.
 */
export class PacketWindow {
  readonly bytes: Uint8Array;
  /** Where the share begins in `bytes`. */
  readonly start: number;
  /** Bytes of it that were captured. */
  readonly capturedLength: number;
  /** Bytes of it that were on the wire; fewer than the captured ones never. */
  readonly wireLength: number;

  constructor(bytes: Uint8Array, start: number, end: number, wireLength: number) {
    this.bytes = bytes;
    this.start = start;
    this.wireLength = Math.max(0, wireLength);
    this.capturedLength = Math.max(0, Math.min(end - start, this.wireLength));
  }

  /** True when the first `length` bytes were captured. */
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

  /** The same share, but on the wire only `wireLength` bytes long: padding is cut off, a cut packet grows. */
  resize(wireLength: number): PacketWindow {
    return new PacketWindow(this.bytes, this.start, this.start + this.capturedLength, wireLength);
  }

  /** True when one of the `length` bytes at `offset` is not zero. */
  isNonzero(offset: number, length: number): boolean {
    for (let index = offset; index < offset + length; index++) {
      if (this.uint8(index) !== 0) return true;
    }
    return false;
  }
}
