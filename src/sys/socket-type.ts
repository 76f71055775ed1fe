import { c, checked, type Purpose } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';
import { SOL_SOCKET } from './socket.js';

// Source: include/uapi/asm-generic/socket.h
const SO_TYPE = 3;

const INT_BYTES = 4;

/** SOCK_* of the socket `fd`; a SystemError with ENOTSOCK for what is none. */
export function socketType(fd: number, purpose: Purpose): number {
  const value = new Uint8Array(INT_BYTES);
  const length = new Uint8Array(Int32Array.of(INT_BYTES).buffer);
  checked(purpose, 'getsockopt(SO_TYPE)', () => c.getsockopt(fd, SOL_SOCKET, SO_TYPE, value, length));
  return new DataView(value.buffer).getInt32(0, LITTLE_ENDIAN);
}
