import { basename } from 'node:path';

/** What compressors add to the name of a file. */
const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ['gzip', '.gz'],
  ['pigz', '.gz'],
  ['bzip2', '.bz2'],
  ['pbzip2', '.bz2'],
  ['lbzip2', '.bz2'],
  ['xz', '.xz'],
  ['lzma', '.lzma'],
  ['zstd', '.zst'],
  ['zstdmt', '.zst'],
  ['lz4', '.lz4'],
  ['lzip', '.lz'],
  ['lzop', '.lzo'],
  ['compress', '.Z'],
]);

/** Where `program` puts what it makes of the file `path`; undefined if it is no compressor that rtap knows. */
export function compressedName(program: string, path: string): string | undefined {
  const suffix = SUFFIXES.get(basename(program));
  return suffix === undefined ? undefined : path + suffix;
}

/** All names that a compressor may have given to the file `path`. */
export function compressedNames(path: string): string[] {
  return [...new Set(SUFFIXES.values())].map((suffix) => path + suffix);
}
