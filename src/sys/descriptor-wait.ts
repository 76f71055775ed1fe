import { c, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/asm-generic/poll.h
const POLLIN = 1;
const POLLOUT = 4;

// Source: include/uapi/asm-generic/poll.h, struct pollfd. Bytes.
const POLLFD_FD = 0; //      int
const POLLFD_EVENTS = 4; //  short
const POLLFD_REVENTS = 6; // short
const POLLFD_SIZE = 8;

const pollfd = new DataView(new ArrayBuffer(POLLFD_SIZE));
const pollfdBytes = new Uint8Array(pollfd.buffer);

/** Returns whether a small write to `fd` would not wait, or would fail at once. poll(2) without a timeout. */
export function isWritableNow(fd: number): boolean {
  return waitUntilWritable(fd, 0);
}

/**
 * Blocks the thread until a small write to `fd` would not wait. Returns false after `timeoutMs`.
 * A signal starts the wait anew. poll(2).
 */
export function waitUntilWritable(fd: number, timeoutMs: number): boolean {
  setPollfd(fd, POLLOUT);
  return unchecked(() => c.poll(pollfdBytes, 1, timeoutMs)) > 0;
}

/**
 * Blocks the thread until a read of `fd` would not wait. Returns false after `timeoutMs`, signals or not. poll(2).
 */
export function waitUntilReadable(fd: number, timeoutMs: number): boolean {
  setPollfd(fd, POLLIN);
  const end = performance.now() + timeoutMs;
  // After a signal the call is repeated with what is left of the time.
  return unchecked(() => c.poll(pollfdBytes, 1, Math.max(0, Math.ceil(end - performance.now())))) > 0;
}

function setPollfd(fd: number, events: number): void {
  pollfd.setInt32(POLLFD_FD, fd, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_EVENTS, events, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_REVENTS, 0, LITTLE_ENDIAN);
}
