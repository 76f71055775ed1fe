import { fstatSync, ftruncateSync, writeSync } from 'node:fs';

/** Writes `bytes` to the end of the regular file `fd`, whole or not at all. Throws what the kernel says if it cannot. */
export function appendWhole(fd: number, bytes: Uint8Array): void {
  const before = fstatSync(fd).size;
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch (error) {
    ftruncateSync(fd, before);
    throw error;
  }
}

/**
 * Cuts the last `byteCount` bytes of the regular file `fd` off, because of `error`. Returns `error`, with the reason as its cause
 * if the file cannot be cut.
 */
export function cutEnd(fd: number, byteCount: number, error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  try {
    ftruncateSync(fd, fstatSync(fd).size - byteCount);
  } catch (reason) {
    error.cause = reason;
  }
  return error;
}
