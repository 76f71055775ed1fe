import { POLLFD_EVENTS, POLLFD_FD, POLLFD_REVENTS, POLLFD_SIZE } from './descriptor-wait.js';
import { c, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/asm-generic/poll.h
const POLLIN = 1;

/** Waits, without the event loop, until a read of `fd` would not; false after `timeoutMs`. poll(2). */
export function waitUntilReadable(fd: number, timeoutMs: number): boolean {
  const pollfd = new DataView(new ArrayBuffer(POLLFD_SIZE));
  pollfd.setInt32(POLLFD_FD, fd, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_EVENTS, POLLIN, LITTLE_ENDIAN);
  pollfd.setInt16(POLLFD_REVENTS, 0, LITTLE_ENDIAN);
  const bytes = new Uint8Array(pollfd.buffer);
  const end = performance.now() + timeoutMs;
  // A signal starts the call again, with what is left of the time.
  return unchecked(() => c.poll(bytes, 1, Math.max(0, Math.ceil(end - performance.now())))) > 0;
}
