import { MalformedError } from '../../errors.js';

/** First bytes, as a big-endian number, of files that are often mistaken for captures. */
const FOREIGN_FORMATS: readonly { magic: number; mask: number; fact: string }[] = [
  { magic: 0x1f8b0000, mask: 0xffff0000, fact: compressed('gzip -dc') },
  { magic: 0x28b52ffd, mask: 0xffffffff, fact: compressed('zstd -dc') },
  { magic: 0xfd377a58, mask: 0xffffffff, fact: compressed('xz -dc') },
  { magic: 0x425a6800, mask: 0xffffff00, fact: compressed('bzip2 -dc') },
  { magic: 0x04224d18, mask: 0xffffffff, fact: compressed('lz4 -dc') },
  { magic: 0x02214c18, mask: 0xffffffff, fact: compressed('lz4 -dc') },
  { magic: 0x5d000000, mask: 0xffffff00, fact: compressed('xz --format=lzma -dc') },
  { magic: 0x504b0304, mask: 0xffffffff, fact: compressed('unzip -p') },
  { magic: 0x736e6f6f, mask: 0xffffffff, fact: 'it is a snoop capture, not pcap' },
];

/** The error about a capture that cannot be read. `name` may be ''; `offset` counts from its first byte. */
export function captureError(name: string, fact: string, offset: number): MalformedError {
  const object = name === '' ? 'capture' : `capture "${name}"`;
  return new MalformedError(`cannot read ${object}: ${fact}`, offset);
}

/** The error about an input that is no capture. `magic` is its first four bytes as a big-endian number. */
export function foreignFormatError(name: string, magic: number): MalformedError {
  const known = FOREIGN_FORMATS.find((format) => (magic & format.mask) >>> 0 === format.magic);
  const number = `0x${magic.toString(16).padStart(8, '0')}`;
  return captureError(name, known?.fact ?? `not a pcap file (magic number ${number})`, 0);
}

/** The error about an input of less than four bytes. */
export function shortInputError(name: string, byteCount: number): MalformedError {
  const fact =
    byteCount === 0 ? 'it is empty (0 bytes)' : `not a pcap file (it ends after ${byteCount} bytes)`;
  return captureError(name, fact, byteCount);
}

/** The fact about a compressed file, with the command that decompresses it. */
function compressed(command: string): string {
  return `it is compressed; ${command} FILE | rtap ... -r - reads it`;
}
