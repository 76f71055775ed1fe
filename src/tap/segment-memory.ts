import { MappedMemory } from '../sys/mapped-memory.js';

/** A piece of a known mapping. */
interface Mapping {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Memory of a device for what its program sends from: `FrameBurst.appendSegments` takes views of `bytes` without
 * copying them. Zeroed at first; its device owns it, and it may be disposed before.
 */
export interface SegmentMemory extends Disposable {
  /** All of it. After disposal it must not be touched: the pages are gone. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The mappings that a device's transfers may use: its arena, and what it mapped for its program. */
export class MemoryRegister {
  readonly #mappings: Mapping[] = [];

  add(mapping: Mapping): void {
    this.#mappings.push(mapping);
  }

  remove(mapping: Mapping): void {
    const at = this.#mappings.indexOf(mapping);
    if (at >= 0) this.#mappings.splice(at, 1);
  }

  /** Where the first byte of `view` lies in this process; -1 where it is in no mapping of this register. */
  addressOf(view: Uint8Array): number {
    for (const { bytes, address } of this.#mappings) {
      if (bytes.buffer === view.buffer) return address + view.byteOffset - bytes.byteOffset;
    }
    return -1;
  }

  /** The `length` bytes at `address`; undefined where they are mapped no more. */
  view(address: number, length: number): Uint8Array | undefined {
    for (const { bytes, address: start } of this.#mappings) {
      const at = address - start;
      if (at >= 0 && at + length <= bytes.byteLength) return bytes.subarray(at, at + length);
    }
    return undefined;
  }

  /** Maps `byteCount` bytes, which are known here until they are disposed; `forget` is called then. */
  map(byteCount: number, forget: (memory: SegmentMemory) => void): SegmentMemory {
    const mapped = MappedMemory.anonymous(byteCount);
    this.add(mapped);
    const memory = {
      bytes: mapped.bytes,
      [Symbol.dispose]: () => {
        this.remove(mapped);
        mapped[Symbol.dispose]();
        forget(memory);
      },
    };
    return memory;
  }
}
