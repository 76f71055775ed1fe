import * as zlib from 'node:zlib';
import { unavailableError } from '../../../sys/errno.js';
import type { Compression } from './compression.js';

/** Compresses bytes into a member (gzip) or frame (zstd) that is complete: a file may have any number of them. */
export type Compressor = (bytes: Uint8Array) => Uint8Array;

/** What compresses. Throws an UnavailableError if this Node cannot. */
export function makeCompressor(compression: Compression): Compressor {
  if (compression === 'gzip') return compressGzip;
  // Node has zstd from 22.15 on.
  const compress: unknown = 'zstdCompressSync' in zlib ? zlib.zstdCompressSync : undefined;
  if (isCompressor(compress)) return compress;
  throw unavailableError('zstd', {
    action: 'write .zst files',
    code: 'EOPNOTSUPP',
    syscall: 'zstd',
    detail: `this Node (${process.version}) has no zstd`,
  });
}

/** At the fastest level: the next frames wait meanwhile. */
function compressGzip(bytes: Uint8Array): Uint8Array {
  return zlib.gzipSync(bytes, { level: zlib.constants.Z_BEST_SPEED });
}

function isCompressor(value: unknown): value is Compressor {
  return typeof value === 'function';
}
