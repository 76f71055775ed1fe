/**
 * Random bytes in hexadecimal, for the name of a file that no other process may choose. By the Web's interface: Node loads it
 * when it is first called, node:crypto with the file that imports it, which takes 3 ms.
 */
export function randomSuffix(byteCount: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(byteCount))).toString('hex');
}
