import { Descriptor } from './descriptor.js';
import { errnoOf } from './errno.js';
import { c, checked, type Purpose, unchecked } from './libc.js';
import { AF_UNIX, openSocket, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_SEQPACKET } from './socket.js';
import { encodeUnixAddress } from './unix-address.js';

/** Connections that may wait to be accepted. The kernel limits it to net.core.somaxconn. */
const BACKLOG = 4096;

const AGAIN: readonly number[] = [errnoOf('EAGAIN'), errnoOf('ECONNABORTED')];

/** Opens a Unix socket (SOCK_SEQPACKET) that keeps message boundaries, sees the end of its peer, and never waits. */
function openUnixSocket(purpose: Purpose): Descriptor {
  return openSocket({ domain: AF_UNIX, type: SOCK_SEQPACKET | SOCK_NONBLOCK }, purpose);
}

/** Returns two sockets that are connected to each other. socketpair(2). */
export function pairUnix(purpose: Purpose): readonly [Descriptor, Descriptor] {
  const descriptors = new Int32Array(2);
  const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  checked(purpose, 'socketpair(AF_UNIX)', () => c.socketpair(AF_UNIX, type, 0, descriptors));
  return [new Descriptor(descriptors[0]!), new Descriptor(descriptors[1]!)];
}

/** Opens a listening socket at `path`, where no file may be. Throws a SystemError: EADDRINUSE if there is one. */
export function listenUnix(path: string, purpose: Purpose): Descriptor {
  const socket = openUnixSocket(purpose);
  try {
    const address = encodeUnixAddress(path);
    checked(purpose, 'bind(AF_UNIX)', () => c.bind(socket.fd, address, address.length));
    listenAgain(socket.fd, purpose);
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** Takes a listening socket over: from now on SO_PEERCRED names this process to those who connect. */
export function listenAgain(fd: number, purpose: Purpose): void {
  checked(purpose, 'listen(AF_UNIX)', () => c.listen(fd, BACKLOG));
}

/**
 * Accepts the next connection to the listening socket `fd`. Returns a negative errno if that fails: -EAGAIN if there
 * is none.
 */
export function acceptUnix(fd: number): Descriptor | number {
  const result = unchecked(() => c.accept4(fd, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (result >= 0) return new Descriptor(result);
  return AGAIN.includes(-result) ? -errnoOf('EAGAIN') : result;
}

/**
 * Connects to the socket at `path`. Throws a SystemError: ENOENT and ECONNREFUSED if no process listens, EAGAIN if
 * too many connections wait to be accepted.
 */
export function connectUnix(path: string, purpose: Purpose): Descriptor {
  const socket = openUnixSocket(purpose);
  try {
    const address = encodeUnixAddress(path);
    checked(purpose, 'connect(AF_UNIX)', () => c.connect(socket.fd, address, address.length));
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/**
 * Sends `text` as one datagram to the Unix socket at `path`. A path that begins with `@` is abstract. Throws a
 * SystemError.
 */
export function sendUnixDatagram(path: string, text: string, purpose: Purpose): void {
  using socket = openSocket({ domain: AF_UNIX, type: SOCK_DGRAM }, purpose);
  const address = encodeUnixAddress(path);
  const bytes = new TextEncoder().encode(text);
  checked(purpose, 'connect(AF_UNIX)', () => c.connect(socket.fd, address, address.length));
  checked(purpose, 'send(AF_UNIX)', () => c.send(socket.fd, bytes, bytes.length, 0));
}
