import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { captureError } from '../../packet/capture/capture-errors.js';
import { ZstdFrames } from './zstd-frames.js';

/** The first bytes of compressed data: RFC 1952, RFC 8878. */
const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** So many first bytes tell what data is. */
export const MAGIC_BYTES_MAX = ZSTD_MAGIC.length;
/** Compressed bytes that are handed over at a time. They become 4 MiB at most: gzip makes one byte of 1,032. */
const GZIP_PIECE_BYTES = 4096;

/** Data that is decompressed. */
export interface Decompression {
  readonly format: 'gzip' | 'zstd';
  readonly decoder: Transform;
  /** Returns how many bytes of the beginning of `bytes` to hand over next; 0 if they are corrupt. */
  readonly pieceOf: (bytes: Uint8Array) => number;
  /** Whether the data may end here, as far as that is known before the decoder ends. */
  readonly isComplete: () => boolean;
}

/**
 * Returns what decompresses data that begins with `bytes`; undefined if it is not compressed, or compressed in another way. Throws a
 * MalformedError about the capture `name` for zstd if this Node cannot read it.
 */
export function makeDecompression(bytes: Uint8Array, name: string): Decompression | undefined {
  if (beginsWith(bytes, GZIP_MAGIC)) return gzipDecompression();
  return beginsWith(bytes, ZSTD_MAGIC) ? zstdDecompression(name) : undefined;
}

function gzipDecompression(): Decompression {
  return {
    format: 'gzip',
    // Everything comes out that was handed over: before a fault, nothing may be held back.
    decoder: zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
    pieceOf: ({ length }) => Math.min(length, GZIP_PIECE_BYTES),
    isComplete: () => true,
  };
}

function zstdDecompression(name: string): Decompression {
  // Node has zstd from 22.15 on.
  const make: unknown = 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined;
  if (!isDecoderMaker(make)) {
    const fact = `it is compressed by zstd, which this Node (${process.version}) cannot read; zstd -dc FILE | rtap ... -r - reads it`;
    throw captureError(name, fact, 0);
  }
  const frames = new ZstdFrames();
  return {
    format: 'zstd',
    decoder: make(),
    pieceOf: (bytes) => frames.take(bytes),
    isComplete: () => frames.complete,
  };
}

function isDecoderMaker(value: unknown): value is () => Transform {
  return typeof value === 'function';
}

function beginsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
