/** How a file is compressed. */
export type Compression = 'gzip' | 'zstd';

const BY_SUFFIX: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.zst': 'zstd' };
/** The name of a file, and what a compressor adds to it. */
const COMPRESSED_NAME = /^(.*[^/])(\.gz|\.zst)$/s;

/** `io0.pcapng` and `.gz` for `io0.pcapng.gz`; the suffix is '' if the name has none of a compressed file. */
export function splitSuffix(path: string): { readonly stem: string; readonly suffix: string } {
  const [, stem = path, suffix = ''] = COMPRESSED_NAME.exec(path) ?? [];
  return { stem, suffix };
}

/** How a file of this name is compressed; undefined for not at all. */
export function compressionOf(path: string): Compression | undefined {
  return BY_SUFFIX[splitSuffix(path).suffix];
}
