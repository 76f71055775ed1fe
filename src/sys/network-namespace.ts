import { fstatSync, statSync } from 'node:fs';
import { Descriptor, O_RDONLY } from './descriptor.js';
import { c, checked, type Purpose, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';
import { AF_UNIX, openSocket, readSocketOption, SOCK_DGRAM, SOL_SOCKET } from './socket.js';

// Source: include/uapi/linux/sched.h
export const CLONE_NEWNET = 0x40000000;

// Source: include/uapi/asm-generic/socket.h
const SO_NETNS_COOKIE = 71;

// Source: include/uapi/linux/sockios.h
const SIOCGSKNS = 0x894c;

const COOKIE_BYTES = 8;

/**
 * Moves this thread, and the processes that it starts from now on, into a new network namespace. The namespace and
 * its devices vanish with the last of them. unshare(2).
 */
export function enterNewNetworkNamespace(): void {
  const purpose = { action: 'create', object: 'network namespace' };
  checked(purpose, 'unshare(CLONE_NEWNET)', () => c.unshare(CLONE_NEWNET));
}

/**
 * Moves this thread, and the processes that it starts from now on, into the network namespace of the file `path`, one
 * of nsfs, such as `/proc/PID/ns/net`. Makes no call if the thread is there already, because setns(2) needs
 * CAP_SYS_ADMIN.
 */
export function enterNetworkNamespace(path: string, purpose: Purpose): void {
  using file = Descriptor.open(path, O_RDONLY, purpose);
  enterOpenNamespace(file, purpose);
}

/** Opens the network namespace that this thread is in, as a file of nsfs, to come back to it by `enterOpenNamespace`. */
export function openPresentNamespace(purpose: Purpose): Descriptor {
  return Descriptor.open('/proc/thread-self/ns/net', O_RDONLY, purpose);
}

/** As `enterNetworkNamespace`, for a file of nsfs that is open. */
export function enterOpenNamespace(file: Descriptor, purpose: Purpose): void {
  if (isPresentNamespace(file.fd)) return;
  checked(purpose, 'setns(CLONE_NEWNET)', () => c.setns(file.fd, CLONE_NEWNET));
}

/** Whether the file `fd` of nsfs stands for the network namespace that this thread is in. */
export function isPresentNamespace(fd: number): boolean {
  const file = fstatSync(fd);
  const present = statSync('/proc/thread-self/ns/net');
  return file.ino === present.ino && file.dev === present.dev;
}

/** Whether this thread has CAP_NET_ADMIN in its network namespace: without, SIOCGSKNS of any socket is refused (EPERM). */
export function mayAdministerNamespace(): boolean {
  using socket = openSocket(
    { domain: AF_UNIX, type: SOCK_DGRAM },
    { action: 'inspect', object: 'network namespace' },
  );
  const result = unchecked(() => c.ioctlLong(socket.fd, SIOCGSKNS, 0));
  if (result < 0) return false;
  new Descriptor(result)[Symbol.dispose]();
  return true;
}

/**
 * Runs `run` in another network namespace, which `enter` moves this thread to, and returns its result. What `run`
 * opens stays in that namespace. `run` must be synchronous: what it leaves to a promise runs in the namespace of
 * before.
 */
export function withinNetworkNamespace<T>(enter: () => void, run: () => T): T {
  const purpose = { action: 'return to', object: 'network namespace' };
  using here = openPresentNamespace(purpose);
  const goBack = () => c.setns(here.fd, CLONE_NEWNET);
  try {
    enter();
  } catch (error) {
    // A thread without the right to enter has not left, and has no right to go back either.
    unchecked(goBack);
    throw error;
  }
  try {
    return run();
  } finally {
    checked(purpose, 'setns(CLONE_NEWNET)', goBack);
  }
}

/**
 * Returns the cookie of this thread's network namespace as decimal digits. A cookie is never used again while the
 * machine is up (Linux 5.14).
 */
export function networkNamespaceCookie(): string {
  const purpose: Purpose = { action: 'read', object: 'network namespace cookie' };
  using socket = openSocket({ domain: AF_UNIX, type: SOCK_DGRAM }, purpose);
  const option = [SOL_SOCKET, SO_NETNS_COOKIE, 'SO_NETNS_COOKIE'] as const;
  const value = readSocketOption(socket.fd, option, COOKIE_BYTES, purpose);
  return value.getBigUint64(0, LITTLE_ENDIAN).toString();
}
