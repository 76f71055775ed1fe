import { isIP } from 'node:net';
import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';

/** Source: include/uapi/linux/un.h, UNIX_PATH_MAX without the zero at the end. */
const SOCKET_PATH_BYTES_MAX = 107;
const PORT_MAX = 65_535;

/** Where to listen: a socket file, or a port of an IP address of this machine. */
export type ListenAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Which addresses are taken. */
export interface ListenOptions {
  /** Takes addresses that other machines may reach. @default false */
  readonly remote?: boolean | undefined;
}

/** Reads `unix:PATH`, `127.0.0.1:PORT` or `[::1]:PORT`. Throws a TypeError or RangeError for anything else. */
export function parseListenAddress(text: string, { remote = false }: ListenOptions = {}): ListenAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: readPath(text) };
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const address = host === 'localhost' ? '127.0.0.1' : host;
  if (match === null || isIP(address) === 0 || (isIP(address) === 6) !== (match[1] !== undefined)) {
    throw new ArgumentTypeError(
      `cannot listen on "${text}": wanted a form like unix:/run/rtap.sock, 127.0.0.1:9177 or [::1]:9177`,
    );
  }
  const port = Number(match[3]);
  if (port > PORT_MAX) throw new ArgumentRangeError(`cannot listen on "${text}": ports end at ${PORT_MAX}`);
  if (!remote && !isLoopback(address)) {
    throw new ArgumentTypeError(
      `cannot listen on "${text}": other machines can reach it; --remote allows that, without encryption or a password`,
    );
  }
  return { kind: 'tcp', host: address, port };
}

function readPath(text: string): string {
  const path = text.slice('unix:'.length);
  if (path === '')
    throw new ArgumentTypeError(`cannot listen on "${text}": the path of the socket is missing`);
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX)
    throw new ArgumentRangeError(
      `cannot listen on "${text}": the path of a socket has ${SOCKET_PATH_BYTES_MAX} bytes at most`,
    );
  return path;
}

/** Whether only this machine can reach the IP address. */
export function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}
