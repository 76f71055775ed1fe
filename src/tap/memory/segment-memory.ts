import { ArgumentRangeError } from '../../errors.js';
import { MappedMemory } from '../../sys/mapped-memory.js';

/**
 * Most memory that a program may map in one piece. An ArrayBuffer holds far more; beyond its limit Node
 * aborts. Bytes.
 */
export const SEGMENT_MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * The engine's own answers. A program can give a view properties of these names that say something else, and the kernel
 * would send what lies beyond the memory.
 */
const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOf = getter<ArrayBufferLike>('buffer');
const byteOffsetOf = getter<number>('byteOffset');
const byteLengthOf = getter<number>('byteLength');
const kindOf = getter<string | undefined>(Symbol.toStringTag);

/** A piece of a known mapping. */
interface Mapping {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Memory of a device from which its program sends: `FrameBurst.appendSegments` takes views of `bytes` without
 * copying them. It is zeroed at first. Its device owns it. The program may dispose it before.
 */
export interface SegmentMemory extends Disposable {
  /**
   * All of the memory. After disposal it shows zeros, and nothing that is written there is sent. Never transfer its
   * ArrayBuffer (`ArrayBuffer.prototype.transfer`): the new one points to memory that is unmapped later.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The mappings that a device's transfers may use: its arena, and the memory that its program mapped. */
export class MemoryRegister {
  readonly #mappings: Mapping[] = [];
  #removals = 0;

  /** How often memory was removed. While this stays the same, no known address was unmapped. */
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

  /**
   * Returns the address of the first byte of `view` in this process, or -1 if it is not a Uint8Array in a mapping of
   * this register.
   */
  addressOf(view: Uint8Array): number {
    if (kindOf(view) !== 'Uint8Array') return -1;
    const buffer = bufferOf(view);
    for (const { bytes, address } of this.#mappings) {
      if (bytes.buffer === buffer) return address + byteOffsetOf(view) - bytes.byteOffset;
    }
    return -1;
  }

  /** Returns how many bytes `view` has, for which `addressOf` gave an address. */
  lengthOf(view: Uint8Array): number {
    return byteLengthOf(view);
  }

  /** Returns the `length` bytes at `address`, or undefined if they are not mapped any more. */
  view(address: number, length: number): Uint8Array | undefined {
    for (const { bytes, address: start } of this.#mappings) {
      const at = address - start;
      if (at >= 0 && at + length <= bytes.byteLength) return bytes.subarray(at, at + length);
    }
    return undefined;
  }

  /**
   * Maps `byteCount` bytes, and keeps them in this register until they are disposed. `forget` is called then.
   * Throws a RangeError unless `byteCount` is 1 to SEGMENT_MEMORY_BYTES_MAX.
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

/** Returns a function that reads property `name` as typed arrays themselves have it. */
function getter<T>(name: string | symbol): (view: Uint8Array) => T {
  const { get } = Object.getOwnPropertyDescriptor(TYPED_ARRAY, name)!;
  return (view) => get!.call(view) as T;
}
