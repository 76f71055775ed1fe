/** Of DataView: zstd's numbers are little-endian. */
const LITTLE_ENDIAN = true;

// Source: RFC 8878, section 3. Bytes.
const MAGIC_SIZE = 4;
const SKIPPABLE_HEADER_SIZE = 8; //  magic number and __le32, the bytes that follow
const BLOCK_HEADER_SIZE = 3; //      __le24: 1 bit last block, 2 bits type, 21 bits size
const CHECKSUM_SIZE = 4;

// Source: RFC 8878, section 3
const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50; // to 0x184d2a5f
const SKIPPABLE_MASK = 0xfffffff0;
const BLOCK_RLE = 1;

/** Bytes of the dictionary id and of the content size, by their bits in the descriptor. */
const DICTIONARY_SIZES = [0, 1, 2, 4] as const;
const CONTENT_SIZES = [0, 2, 4, 8] as const;

type Part = 'magic' | 'skippable' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum';

/**
 * Follows zstd data, which is a row of frames of blocks, without decompressing it. Node's decoder reads one frame, and does not read
 * what follows in the same write; some releases do not notice that data is cut.
 */
export class ZstdFrames {
  #part: Part = 'magic';
  #head: number[] = [];
  /** Bytes of this part that are still to come. */
  #left = MAGIC_SIZE;
  #hasChecksum = false;
  #isLastBlock = false;

  /** Whether the data may end here. */
  get complete(): boolean {
    return this.#part === 'magic' && this.#head.length === 0;
  }

  /**
   * Takes as much of the beginning of `bytes` as belongs to one part, at most a block. Returns how many bytes that is, or 0 if no
   * frame begins where one must begin. A block becomes 128 KiB at most.
   */
  take(bytes: Uint8Array): number {
    const count = Math.min(this.#left, bytes.length);
    if (this.#part !== 'content' && this.#part !== 'checksum') this.#head.push(...bytes.subarray(0, count));
    this.#left -= count;
    while (this.#left === 0) if (!this.#finishPart()) return 0;
    return count;
  }

  #finishPart(): boolean {
    const head = Uint8Array.from(this.#head);
    const view = new DataView(head.buffer);
    switch (this.#part) {
      case 'magic':
        return this.#beginFrame(view.getUint32(0, LITTLE_ENDIAN));
      case 'skippable':
        this.#isLastBlock = true;
        this.#hasChecksum = false;
        this.#begin('content', view.getUint32(MAGIC_SIZE, LITTLE_ENDIAN));
        break;
      case 'descriptor':
        this.#hasChecksum = (head[0]! & 0x04) !== 0;
        this.#begin('header', headerBytes(head[0]!));
        break;
      case 'header':
        this.#begin('block', BLOCK_HEADER_SIZE);
        break;
      case 'block':
        this.#beginBlock(head[0]! | (head[1]! << 8) | (head[2]! << 16));
        break;
      case 'content':
        if (!this.#isLastBlock) this.#begin('block', BLOCK_HEADER_SIZE);
        else if (this.#hasChecksum) this.#begin('checksum', CHECKSUM_SIZE);
        else this.#begin('magic', MAGIC_SIZE);
        break;
      case 'checksum':
        this.#begin('magic', MAGIC_SIZE);
    }
    return true;
  }

  #beginFrame(magic: number): boolean {
    if (magic === ZSTD_MAGIC) this.#begin('descriptor', 1);
    else if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC) {
      this.#part = 'skippable';
      this.#left = SKIPPABLE_HEADER_SIZE - MAGIC_SIZE;
    } else return false;
    return true;
  }

  #beginBlock(header: number): void {
    this.#isLastBlock = (header & 1) !== 0;
    const size = header >>> 3;
    this.#begin('content', ((header >>> 1) & 3) === BLOCK_RLE ? 1 : size);
  }

  #begin(part: Part, bytes: number): void {
    this.#part = part;
    this.#left = bytes;
    this.#head = [];
  }
}

/** Bytes of a frame's header behind its descriptor. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const content = descriptor >>> 6;
  const contentBytes = content === 0 && isSingleSegment ? 1 : CONTENT_SIZES[content]!;
  return (isSingleSegment ? 0 : 1) + DICTIONARY_SIZES[descriptor & 3]! + contentBytes;
}
