import { c, checked, type Purpose } from './libc.js';
import { AF_UNIX, openSocket, SOCK_DGRAM } from './socket.js';
import { encodeUnixAddress } from './unix-address.js';

/** Sends `text` as one datagram to the Unix socket at `path`, or to an abstract one where it begins with `@`. */
export function sendUnixDatagram(path: string, text: string, purpose: Purpose): void {
  using socket = openSocket({ domain: AF_UNIX, type: SOCK_DGRAM }, purpose);
  const address = encodeUnixAddress(path);
  const bytes = new TextEncoder().encode(text);
  checked(purpose, 'connect(AF_UNIX)', () => c.connect(socket.fd, address, address.length));
  checked(purpose, 'send(AF_UNIX)', () => c.send(socket.fd, bytes, bytes.length, 0));
}
