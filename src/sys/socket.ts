import { Descriptor } from './descriptor.js';
import { c, checked, type Purpose } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/linux/socket.h, include/linux/net.h, include/uapi/asm-generic/socket.h
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
const SO_TYPE = 3;

const INT_BYTES = 4;

/** The arguments of socket(2). */
export interface SocketKind {
  /** AF_*. */
  readonly domain: number;
  /** SOCK_*; SOCK_CLOEXEC is added. */
  readonly type: number;
  /** @default 0 */
  readonly protocol?: number;
}

/** Opens a socket in this thread's network namespace. Throws a SystemError. */
export function openSocket({ domain, type, protocol = 0 }: SocketKind, purpose: Purpose): Descriptor {
  const name = DOMAIN_NAMES.get(domain) ?? String(domain);
  const open = () => c.socket(domain, type | SOCK_CLOEXEC, protocol);
  return new Descriptor(checked(purpose, `socket(${name})`, open));
}

const DOMAIN_NAMES = new Map([
  [AF_UNIX, 'AF_UNIX'],
  [AF_INET, 'AF_INET'],
  [AF_NETLINK, 'AF_NETLINK'],
  [AF_PACKET, 'AF_PACKET'],
]);

/** An option of a socket: its level, its number there, and its name for errors. */
export type SocketOption = readonly [level: number, option: number, name: string];

/** Returns the `byteCount` bytes of an option of the socket `fd`. Throws a SystemError. getsockopt(2). */
export function readSocketOption(
  fd: number,
  [level, option, name]: SocketOption,
  byteCount: number,
  purpose: Purpose,
): DataView<ArrayBuffer> {
  const value = new Uint8Array(byteCount);
  const length = new Uint8Array(Int32Array.of(byteCount).buffer);
  checked(purpose, `getsockopt(${name})`, () => c.getsockopt(fd, level, option, value, length));
  return new DataView(value.buffer);
}

/** Returns SOCK_* of the socket `fd`. Throws a SystemError: ENOTSOCK if `fd` is no socket. socket(7). */
export function socketType(fd: number, purpose: Purpose): number {
  const option = [SOL_SOCKET, SO_TYPE, 'SO_TYPE'] as const;
  return readSocketOption(fd, option, INT_BYTES, purpose).getInt32(0, LITTLE_ENDIAN);
}
