import { fstatSync } from 'node:fs';
import { Descriptor, O_NONBLOCK, O_RDWR } from './descriptor.js';
import { isSystemError, systemError, unavailableError } from './errno.js';
import { encodeIfreq, IFREQ_DATA, ifreqFlags, ifreqName, setIfreqFlags } from './ifreq.js';
import { TUN_IOCTL } from './ioctl-number.js';
import { c, checked, type Purpose } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/linux/if_tun.h
export const IFF_TUN = 0x0001;
export const IFF_TAP = 0x0002;
export const IFF_ATTACH_QUEUE = 0x0200;
export const IFF_DETACH_QUEUE = 0x0400;
export const IFF_NAPI = 0x0010;
export const IFF_MULTI_QUEUE = 0x0100;
export const IFF_NO_PI = 0x1000;
export const IFF_VNET_HDR = 0x4000;
export const IFF_TUN_EXCL = 0x8000;
export const TUN_F_CSUM = 0x01;
export const TUN_F_TSO4 = 0x02;
export const TUN_F_TSO6 = 0x04;
export const TUN_F_TSO_ECN = 0x08;
export const TUN_F_USO4 = 0x20;
export const TUN_F_USO6 = 0x40;
const TUN_FLT_ALLMULTI = 0x0001;

// Source: include/uapi/linux/if_tun.h, struct tun_filter. Bytes.
const TUN_FILTER_FLAGS = 0; // __u16
const TUN_FILTER_COUNT = 2; // __u16, addresses that follow
const TUN_FILTER_ADDR = 4; //  __u8[][ETH_ALEN]

/** What TUNSETSTEERINGEBPF takes for no program. */
const NO_PROGRAM = -1;

// Source: include/uapi/linux/sockios.h
const SIOCGIFHWADDR = 0x8927;
/** In the union of struct ifreq lies a struct sockaddr, which begins with the two bytes of sa_family. */
const HARDWARE_ADDRESS = IFREQ_DATA + 2;
const HARDWARE_ADDRESS_BYTES = 6;

export const TUN_PATH = '/dev/net/tun';
/** What open(2) answers where the driver, or its device node, is missing. */
const NO_DRIVER: readonly string[] = ['ENOENT', 'ENODEV', 'ENXIO'];

// Source: include/linux/miscdevice.h (TUN_MINOR), include/uapi/linux/major.h (MISC_MAJOR)
const TUN_DEVICE_NUMBER = (10 << 8) | 200;

/** What TUNGETIFF returns for an attached descriptor. */
export interface TunInterface {
  readonly name: string;
  /** IFF_* of if_tun.h, as the device has them now. */
  readonly flags: number;
}

/**
 * Opens the clone device, not attached yet. Its reads and writes never wait. Throws a SystemError with EACCES if this
 * process may not open it, and an UnavailableError if the machine has none.
 */
export function openTun(purpose: Purpose): Descriptor {
  try {
    return Descriptor.open(TUN_PATH, O_RDWR | O_NONBLOCK, purpose);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { errno, code } = error;
    const failure = { ...purpose, errno, code, syscall: `open(${TUN_PATH})`, cause: error };
    throw NO_DRIVER.includes(code) ? unavailableError('tun', failure) : systemError(failure);
  }
}

/**
 * Returns whether `fd` is an open file of the TUN driver, under whatever path. Only then do its ioctls have the meanings that this
 * file gives them: a file system in user space can answer an ioctl in any way.
 */
export function isTunFile(fd: number): boolean {
  const facts = fstatSync(fd);
  return facts.isCharacterDevice() && facts.rdev === TUN_DEVICE_NUMBER;
}

/**
 * Attaches `fd` to the device `name`, which is created if there is none. Returns the name, in which the kernel
 * replaced a `%d`. Throws a SystemError: EINVAL if the device is of another kind, EBUSY if its only queue is
 * attached, E2BIG for more than 256 queues, EPERM without the right.
 */
export function setTunInterface(fd: number, name: string, flags: number, purpose: Purpose): string {
  const view = encodeIfreq(name);
  setIfreqFlags(view, flags);
  checked(purpose, 'ioctl(TUNSETIFF)', () => c.ioctlPointer(fd, TUN_IOCTL.TUNSETIFF, bytesOf(view)));
  return ifreqName(view);
}

/** Returns what `fd` is attached to. Throws a SystemError: EBADFD if the device was deleted. */
export function getTunInterface(fd: number, purpose: Purpose): TunInterface {
  const view = encodeIfreq('');
  checked(purpose, 'ioctl(TUNGETIFF)', () => c.ioctlPointer(fd, TUN_IOCTL.TUNGETIFF, bytesOf(view)));
  return { name: ifreqName(view), flags: ifreqFlags(view) };
}

/** Returns the MAC address of the device that `fd` is attached to, as rtnetlink writes it. Throws a SystemError. */
export function getTunAddress(fd: number, purpose: Purpose): string {
  const view = encodeIfreq('');
  checked(purpose, 'ioctl(SIOCGIFHWADDR)', () => c.ioctlPointer(fd, SIOCGIFHWADDR, bytesOf(view)));
  const address = bytesOf(view).subarray(HARDWARE_ADDRESS, HARDWARE_ADDRESS + HARDWARE_ADDRESS_BYTES);
  return Array.from(address, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * Returns the bytes of the virtio-net header in front of every frame. It belongs to the device and outlives its
 * users.
 */
export function getVnetHeaderBytes(fd: number, purpose: Purpose): number {
  return getInt(fd, TUN_IOCTL.TUNGETVNETHDRSZ, 'TUNGETVNETHDRSZ', purpose);
}

/**
 * As `getVnetHeaderBytes`, for the hot path: puts the size into `value[0]`, throws nothing and allocates nothing. Returns a negative
 * number if the kernel does not tell the size.
 */
export function probeVnetHeaderBytes(fd: number, value: Int32Array): number {
  return c.ioctlPointer(fd, TUN_IOCTL.TUNGETVNETHDRSZ, value);
}

/** Sets the bytes of the virtio-net header for all users of the device. Throws a SystemError. */
export function setVnetHeaderBytes(fd: number, bytes: number, purpose: Purpose): void {
  const value = Int32Array.of(bytes);
  checked(purpose, 'ioctl(TUNSETVNETHDRSZ)', () => c.ioctlPointer(fd, TUN_IOCTL.TUNSETVNETHDRSZ, value));
}

/** Makes a device persistent, so that it stays when its last descriptor is closed, or not. */
export function setTunPersistent(fd: number, persistent: boolean, purpose: Purpose): void {
  const value = persistent ? 1 : 0;
  checked(purpose, 'ioctl(TUNSETPERSIST)', () => c.ioctlLong(fd, TUN_IOCTL.TUNSETPERSIST, value));
}

/** Lets the user `uid` attach to the device. Throws a SystemError. */
export function setTunOwner(fd: number, uid: number, purpose: Purpose): void {
  checked(purpose, 'ioctl(TUNSETOWNER)', () => c.ioctlLong(fd, TUN_IOCTL.TUNSETOWNER, uid));
}

/** Lets the members of the group `gid` attach to the device. Throws a SystemError. */
export function setTunGroup(fd: number, gid: number, purpose: Purpose): void {
  checked(purpose, 'ioctl(TUNSETGROUP)', () => c.ioctlLong(fd, TUN_IOCTL.TUNSETGROUP, gid));
}

/**
 * Sets which unfinished frames (TUN_F_*) this side accepts. It replaces the whole set. Throws a SystemError: EINVAL
 * for a set that the kernel does not know.
 */
export function setTunOffload(fd: number, offloads: number, purpose: Purpose): void {
  checked(purpose, 'ioctl(TUNSETOFFLOAD)', () => c.ioctlLong(fd, TUN_IOCTL.TUNSETOFFLOAD, offloads));
}

/**
 * Lets the eBPF program with descriptor `program` choose the queue of each frame that the kernel sends out of the device; without one
 * the kernel chooses again. The program belongs to the device and stays when all queues are closed. Throws a SystemError: EINVAL if
 * the descriptor is no program of the socket filter type.
 */
export function setTunSteering(fd: number, program: number | undefined, purpose: Purpose): void {
  const value = Int32Array.of(program ?? NO_PROGRAM);
  checked(purpose, 'ioctl(TUNSETSTEERINGEBPF)', () =>
    c.ioctlPointer(fd, TUN_IOCTL.TUNSETSTEERINGEBPF, value),
  );
}

/**
 * Lets only frames to `addresses` (six bytes each) leave the TAP, and with `allMulticast` those to groups. Without an address every
 * frame leaves. The kernel compares the first eight; the others must be groups, of which it remembers a hash. Throws a SystemError.
 */
export function setTunFilter(
  fd: number,
  addresses: readonly Uint8Array[],
  allMulticast: boolean,
  purpose: Purpose,
): void {
  const view = new DataView(new ArrayBuffer(TUN_FILTER_ADDR + HARDWARE_ADDRESS_BYTES * addresses.length));
  view.setUint16(TUN_FILTER_FLAGS, allMulticast ? TUN_FLT_ALLMULTI : 0, LITTLE_ENDIAN);
  view.setUint16(TUN_FILTER_COUNT, addresses.length, LITTLE_ENDIAN);
  const bytes = bytesOf(view);
  for (const [index, address] of addresses.entries())
    bytes.set(address, TUN_FILTER_ADDR + HARDWARE_ADDRESS_BYTES * index);
  checked(purpose, 'ioctl(TUNSETTXFILTER)', () => c.ioctlPointer(fd, TUN_IOCTL.TUNSETTXFILTER, bytes));
}

/** Takes the queue of `fd` out of the kernel's choice, or puts it back. Frames that wait in the queue are lost. */
export function setTunQueueAttached(fd: number, attached: boolean, purpose: Purpose): void {
  const view = encodeIfreq('');
  setIfreqFlags(view, attached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE);
  checked(purpose, 'ioctl(TUNSETQUEUE)', () => c.ioctlPointer(fd, TUN_IOCTL.TUNSETQUEUE, bytesOf(view)));
}

/**
 * Opens the network namespace that the device of `fd` is in now, as a file of nsfs. Needs CAP_NET_ADMIN in it (Linux
 * 5.2).
 */
export function openTunNamespace(fd: number, purpose: Purpose): Descriptor {
  return new Descriptor(
    checked(purpose, 'ioctl(TUNGETDEVNETNS)', () => c.ioctlLong(fd, TUN_IOCTL.TUNGETDEVNETNS, 0)),
  );
}

function getInt(fd: number, request: number, name: string, purpose: Purpose): number {
  const value = new Int32Array(1);
  checked(purpose, `ioctl(${name})`, () => c.ioctlPointer(fd, request, value));
  return value[0]!;
}

function bytesOf(view: DataView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
