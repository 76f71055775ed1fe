/** Builds pcapng blocks in either byte order, without the code under test. */
export class BlockBuilder {
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  u16(...values: number[]): number[] {
    return values.flatMap((value) => this.#order([value & 0xff, value >>> 8]));
  }

  u32(...values: number[]): number[] {
    return values.flatMap((value) =>
      this.#order([value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]),
    );
  }

  option(code: number, value: readonly number[]): number[] {
    return [...this.u16(code, value.length), ...pad(value)];
  }

  block(type: number, body: readonly number[]): number[] {
    const length = body.length + 12;
    return [...this.u32(type, length), ...body, ...this.u32(length)];
  }

  section(): number[] {
    return this.block(0x0a0d0d0a, [
      ...this.u32(0x1a2b3c4d),
      ...this.u16(1, 0),
      ...this.u32(0xffffffff, 0xffffffff),
    ]);
  }

  interface(linkType: number, snapshotBytes: number, options: readonly number[] = []): number[] {
    return this.block(1, [...this.u16(linkType, 0), ...this.u32(snapshotBytes), ...options]);
  }

  enhanced(
    interfaceId: number,
    high: number,
    low: number,
    data: readonly number[],
    options: readonly number[] = [],
  ): number[] {
    return this.block(6, [...this.u32(interfaceId, high, low, data.length, 60), ...pad(data), ...options]);
  }

  obsolete(interfaceId: number, high: number, low: number, data: readonly number[]): number[] {
    return this.block(2, [
      ...this.u16(interfaceId, 0xffff),
      ...this.u32(high, low, data.length, 60),
      ...pad(data),
    ]);
  }

  simple(originalLength: number, data: readonly number[]): number[] {
    return this.block(3, [...this.u32(originalLength), ...pad(data)]);
  }

  #order(bytes: number[]): number[] {
    return this.#littleEndian ? bytes : bytes.reverse();
  }
}

/** Pads with zeros to a multiple of 4. */
export function pad(bytes: readonly number[]): number[] {
  return [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
}
