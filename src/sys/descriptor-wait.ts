import { c, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/asm-generic/poll.h, struct pollfd. Bytes.
export const POLLFD_FD = 0; //      int
export const POLLFD_EVENTS = 4; //  short
export const POLLFD_REVENTS = 6; // short
export const POLLFD_SIZE = 8;
const POLLOUT = 4;

const pollfd = new DataView(new ArrayBuffer(POLLFD_SIZE));
const pollfdBytes = new Uint8Array(pollfd.buffer);

/** Whether a small write to `fd` would not wait, or would fail at once. poll(2). */
export function isWritableNow(fd: number): boolean {
  return waitUntilWritable(fd, 0);
}

/** Waits, without the event loop, until a small write to `fd` would not; false after `timeoutMs`. A signal may end it early. */
export function waitUntilWritable(fd: number, timeoutMs: number): boolean {
  pollfd.setInt32(POLLFD_FD, fd, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_EVENTS, POLLOUT, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_REVENTS, 0, LITTLE_ENDIAN);
  return unchecked(() => c.poll(pollfdBytes, 1, timeoutMs)) > 0;
}
