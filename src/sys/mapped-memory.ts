import koffi from 'koffi';
import { callError } from './errno.js';
import { c, lastErrno } from './libc.js';
import { POINTER_BYTES } from './platform.js';

// Source: include/uapi/asm-generic/mman-common.h and mman.h
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_POPULATE = 0x8000;
const MAP_FAILED = (1n << BigInt(POINTER_BYTES * 8)) - 1n;

// Source: bits/confname.h of the C library
const SC_PAGESIZE = 30;

/** Bytes of a page of this machine. */
export const PAGE_BYTES = c.sysconf(SC_PAGESIZE);

/** A region of this process's address space. */
interface Region {
  readonly address: number;
  readonly byteCount: number;
}

/**
 * Unmaps disposed regions whose ArrayBuffer is garbage. Node 20 cannot detach an ArrayBuffer of foreign memory: until
 * then a view may still be read or written.
 */
const unreachable = new FinalizationRegistry<Region>(({ address, byteCount }) => {
  c.munmap(BigInt(address), byteCount);
});

/**
 * Memory from mmap(2). It never moves and the garbage collector never frees it, so the kernel may keep its address.
 *
 * `bytes` is a view of it. Disposing gives the pages back. A view that is used after that shows zeros and writes into
 * nothing that another object uses: its addresses stay reserved until no view can be reached.
 */
export class MappedMemory implements Disposable {
  /** Address of the first byte in this process. A number holds it exactly, since user addresses are below 2^53. */
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  #mapped = true;

  private constructor(pointer: bigint, length: number) {
    this.address = Number(pointer);
    this.bytes = new Uint8Array(koffi.view(pointer, length));
  }

  /** Maps `length` bytes of zeroed private memory. Its pages are present from the start. Throws a SystemError. */
  static anonymous(length: number): MappedMemory {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    return MappedMemory.#map(length, PROT_READ | PROT_WRITE, flags, -1, 'memory');
  }

  /** As `anonymous`, but a page is present once it is touched: for memory that is seldom used whole. */
  static anonymousOnDemand(length: number): MappedMemory {
    return MappedMemory.#map(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 'memory');
  }

  /** Maps the first `length` bytes of an open file, shared with every process that maps it. Throws a SystemError. */
  static file(fd: number, length: number, path: string): MappedMemory {
    return MappedMemory.#map(length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, path);
  }

  static #map(length: number, protection: number, flags: number, fd: number, object: string): MappedMemory {
    const pointer = c.mmap(null, length, protection, flags, fd, 0);
    if (pointer === MAP_FAILED) throw callError({ action: 'map', object }, 'mmap', lastErrno());
    return new MappedMemory(pointer, length);
  }

  /**
   * Puts the first `length` bytes of an open file in place of the pages from byte `offset` on, shared with every process that
   * maps it. Both are multiples of the page size and lie within the region. Throws a SystemError.
   */
  placeFile(fd: number, offset: number, length: number, path: string): void {
    const flags = MAP_SHARED | MAP_FIXED;
    const address = BigInt(this.address + offset);
    const result = c.mmap(address, length, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (result === MAP_FAILED) throw callError({ action: 'map', object: path }, 'mmap', lastErrno());
  }

  [Symbol.dispose](): void {
    if (!this.#mapped) return;
    this.#mapped = false;
    this.#giveBack();
  }

  /** Replaces the pages by pages that exist once they are touched. */
  #giveBack(): void {
    const { address } = this;
    const { buffer, byteLength: byteCount } = this.bytes;
    // A program on a newer Node may have moved the region into an ArrayBuffer that nothing here knows.
    if (byteCount === 0) return;
    const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS;
    const result = c.mmap(BigInt(address), byteCount, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (result !== MAP_FAILED) unreachable.register(buffer, { address, byteCount });
  }
}
