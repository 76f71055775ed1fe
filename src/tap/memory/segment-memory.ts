import { ArgumentRangeError } from '../../errors.js';
import { MappedMemory } from '../../sys/mapped-memory.js';

/** Most memory that a program may map in one piece: far below what an ArrayBuffer holds, beyond which Node aborts. Bytes. */
export const SEGMENT_MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

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
  #removals = 0;

  /** How often memory was removed: while it stays the same, what lay in a mapping still does. */
  get removals(): number {
    return this.#removals;
  }

  add(mapping: Mapping): void {
    this.#mappings.push(mapping);
  }

  remove(mapping: Mapping): void {
    const at = this.#mappings.indexOf(mapping);
    if (at < 0) return;
    this.#mappings.splice(at, 1);
    this.#removals += 1;
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

  /**
   * Maps `byteCount` bytes, which are known here until they are disposed; `forget` is called then. Throws a RangeError
   * unless they are 1 to SEGMENT_MEMORY_BYTES_MAX.
   */
  map(byteCount: number, forget: (memory: SegmentMemory) => void): SegmentMemory {
    if (!Number.isInteger(byteCount) || byteCount < 1 || byteCount > SEGMENT_MEMORY_BYTES_MAX) {
      throw new ArgumentRangeError(
        `cannot map ${byteCount} bytes: 1 to ${SEGMENT_MEMORY_BYTES_MAX} are possible`,
      );
    }
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
