import { fstatSync, statSync } from 'node:fs';
import { Descriptor, O_CLOEXEC, O_RDONLY } from './descriptor.js';
import { errnoOf } from './errno.js';
import { c, unchecked } from './libc.js';
import { CLONE_NEWNET, networkNamespaceCookie } from './network-namespace.js';
import { LITTLE_ENDIAN } from './platform.js';

// struct file_handle of fcntl.h, followed by a struct nsfs_file_handle of linux/nsfs.h (Linux 6.18). Bytes.
const HANDLE_SIZE = 24;
const HANDLE_BYTES = 0; //   unsigned int: of what follows the type
const HANDLE_TYPE = 4; //    int
const HANDLE_NS_ID = 8; //   __u64: the cookie
const HANDLE_NS_TYPE = 16; // __u32
const HANDLE_NS_INUM = 20; // __u32
const NSFS_HANDLE_BYTES = 16;
/** FILEID_NSFS of linux/exportfs.h. */
const NSFS_HANDLE = 0xf1;

/** USER_NS_INIT_INO and PID_NS_INIT_INO of linux/nsfs.h: the inode numbers of the machine's first namespaces. */
const FIRST_USER_NAMESPACE = 0xeffffffd;
const FIRST_PID_NAMESPACE = 0xeffffffc;

const ESTALE = errnoOf('ESTALE');

/** What identifies a network namespace while the machine is up. */
export interface NamespaceNumbers {
  readonly cookie: string;
  /** Inode of its file in nsfs. The kernel uses it again when the namespace is gone. */
  readonly inode: number;
}

/** Returns the numbers of this thread's network namespace. */
export function presentNamespaceNumbers(): NamespaceNumbers {
  return { cookie: networkNamespaceCookie(), inode: statSync('/proc/thread-self/ns/net').ino };
}

/**
 * Returns whether a network namespace is known to be gone: no process, descriptor or mount refers to it. If only
 * sockets keep it, Linux 6.18 answers that it exists, and later kernels that it is gone.
 *
 * Returns false if the kernel does not tell: before Linux 6.18, in a user or PID namespace other than the first, and
 * without CAP_SYS_ADMIN, because a namespace that may not be opened looks like one that is gone.
 * open_by_handle_at(2).
 */
export function isNamespaceGone(numbers: NamespaceNumbers): boolean {
  const purpose = { action: 'look for', object: 'network namespace' };
  using here = Descriptor.open('/proc/thread-self/ns/net', O_RDONLY, purpose);
  const present = { cookie: networkNamespaceCookie(), inode: fstatSync(here.fd).ino };
  if (!mayOpenEvery(here) || openByNumbers(here, present) < 0) return false;
  return openByNumbers(here, numbers) === -ESTALE;
}

/**
 * setns(2) to the namespace that this thread is in tests the privilege and changes nothing. Linux 7.0, and recent
 * releases of 6.18 and 6.19, also want the first PID namespace (may_see_all_namespaces): root in a privileged
 * container may open only its own network namespace.
 */
function mayOpenEvery(here: Descriptor): boolean {
  if (statSync('/proc/self/ns/user').ino !== FIRST_USER_NAMESPACE) return false;
  if (statSync('/proc/self/ns/pid').ino !== FIRST_PID_NAMESPACE) return false;
  return unchecked(() => c.setns(here.fd, CLONE_NEWNET)) >= 0;
}

/** Returns 0 or a negative errno. */
function openByNumbers(nsfs: Descriptor, { cookie, inode }: NamespaceNumbers): number {
  const handle = new DataView(new ArrayBuffer(HANDLE_SIZE));
  handle.setUint32(HANDLE_BYTES, NSFS_HANDLE_BYTES, LITTLE_ENDIAN);
  handle.setInt32(HANDLE_TYPE, NSFS_HANDLE, LITTLE_ENDIAN);
  handle.setBigUint64(HANDLE_NS_ID, BigInt(cookie), LITTLE_ENDIAN);
  handle.setUint32(HANDLE_NS_TYPE, CLONE_NEWNET, LITTLE_ENDIAN);
  handle.setUint32(HANDLE_NS_INUM, inode, LITTLE_ENDIAN);
  const bytes = new Uint8Array(handle.buffer);
  const result = unchecked(() => c.openByHandleAt(nsfs.fd, bytes, O_RDONLY | O_CLOEXEC));
  if (result < 0) return result;
  new Descriptor(result)[Symbol.dispose]();
  return 0;
}
