const WORD_BYTES = 4;

/** Returns the bytes that a machine of this byte order has in memory after it stored `words`. */
export function machineBytes(words: Uint32Array, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(words.byteLength));
  for (const [index, word] of words.entries()) view.setUint32(index * WORD_BYTES, word, littleEndian);
  return new Uint8Array(view.buffer);
}

/** Writes `04 01` for bytes 4 and 1. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$& ');
}
