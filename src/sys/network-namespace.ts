import { Descriptor } from './descriptor.js';
import { c, checked, type Purpose } from './libc.js';
import { HIGH_WORD, LOW_WORD } from './platform.js';

// Source: include/uapi/linux/sched.h
const CLONE_NEWNET = 0x40000000;

// Source: include/linux/socket.h, include/uapi/asm-generic/socket.h
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/**
 * Moves this thread, and the processes that it starts from now on, into a new network namespace.
 * It vanishes with the last of them, the devices in it too.
 */
export function enterNewNetworkNamespace(): void {
  const purpose = { action: 'create', object: 'network namespace' };
  checked(purpose, 'unshare(CLONE_NEWNET)', () => c.unshare(CLONE_NEWNET));
}

/** The cookie of this thread's network namespace as decimal digits: never reused while the machine is up (Linux 5.14). */
export function networkNamespaceCookie(): string {
  const purpose: Purpose = { action: 'read', object: 'network namespace cookie' };
  const type = SOCK_DGRAM | SOCK_CLOEXEC;
  using socket = new Descriptor(checked(purpose, 'socket(AF_UNIX)', () => c.socket(AF_UNIX, type, 0)));
  const words = new Uint32Array(2);
  const value = new Uint8Array(words.buffer);
  const length = new Uint8Array(Int32Array.of(value.byteLength).buffer);
  checked(purpose, 'getsockopt(SO_NETNS_COOKIE)', () =>
    c.getsockopt(socket.fd, SOL_SOCKET, SO_NETNS_COOKIE, value, length),
  );
  return ((BigInt(words[HIGH_WORD]!) << 32n) | BigInt(words[LOW_WORD]!)).toString();
}
