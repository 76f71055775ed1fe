import type { SystemError } from '../../errors.js';
import { Links } from '../../netlink/links.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import {
  getTunInterface,
  getVnetHeaderBytes,
  IFF_DETACH_QUEUE,
  IFF_MULTI_QUEUE,
  IFF_NAPI,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN_EXCL,
  IFF_VNET_HDR,
  openTun,
  setTunInterface,
  setTunQueueAttached,
  type TunInterface,
} from '../../sys/tun.js';
import { HEADER_BYTES_MAX, KERNEL_QUEUES_MAX } from '../state/limits.js';

/** How a queue is attached. */
export interface AttachOptions {
  /** Fails when the device exists already. @default false */
  readonly exclusive?: boolean;
  /** Whether the device can have several queues. Must be what it was made with. @default true */
  readonly multiQueue?: boolean;
  /** Frames carry the virtio-net header. Has no effect while other processes are attached. @default true */
  readonly vnetHeader?: boolean;
  /**
   * Frames carry packet information (struct tun_pi). rtap never makes such a device, it only leaves one so. @default
   * false
   */
  readonly packetInformation?: boolean;
  /**
   * Hands written frames to the kernel's NAPI (IFF_NAPI), which each queue has for itself. A detached queue cannot be
   * written to then.
   * @default false
   */
  readonly napi?: boolean;
  /** What the queue is attached for, as the messages of errors say it. @default attach to */
  readonly action?: string;
}

/** A queue's descriptor, attached to a device: the kernel's side of one queue. */
export class TapDescriptor implements Disposable {
  readonly #descriptor: Descriptor;
  /** The device's name when the queue was attached, with the kernel's number in place of a `%d`. */
  readonly deviceName: string;
  /** Bytes of virtio-net header in front of each frame: 0, 10, 12 or more. */
  readonly headerBytes: number;
  /** Whether the device can have several queues. */
  readonly multiQueue: boolean;
  /** IFF_NAPI, as the first process that attached has set it. The kernel does not say what each queue has. */
  readonly napi: boolean;

  private constructor(descriptor: Descriptor, deviceName: string, headerBytes: number, flags: number) {
    this.#descriptor = descriptor;
    this.deviceName = deviceName;
    this.headerBytes = headerBytes;
    this.multiQueue = (flags & IFF_MULTI_QUEUE) !== 0;
    this.napi = (flags & IFF_NAPI) !== 0;
  }

  /**
   * Takes over a queue of a device that another process attached. The caller has checked that it is one (`adoptQueues`); it owns
   * `descriptor` if this throws.
   */
  static adopt(descriptor: Descriptor, { name, flags }: TunInterface, purpose: Purpose): TapDescriptor {
    if ((flags & IFF_NO_PI) === 0) throw packetInformation(purpose);
    return TapDescriptor.#asFound(descriptor, name, { flags, purpose });
  }

  /**
   * The first process that attached decided the flags, and any process may change the size of the header. So both are
   * read back, and never assumed.
   */
  static #asFound(
    descriptor: Descriptor,
    deviceName: string,
    { flags, purpose }: { readonly flags: number; readonly purpose: Purpose },
  ): TapDescriptor {
    const headerBytes = (flags & IFF_VNET_HDR) === 0 ? 0 : getVnetHeaderBytes(descriptor.fd, purpose);
    if (headerBytes > HEADER_BYTES_MAX) throw headerTooLarge(headerBytes, purpose);
    return new TapDescriptor(descriptor, deviceName, headerBytes, flags);
  }

  /** Attaches one more queue to the device `name`. The kernel creates the device when it does not exist. */
  static attach(name: string, options: AttachOptions = {}): TapDescriptor {
    const purpose = { action: options.action ?? 'attach to', object: name };
    const descriptor = openTun(purpose);
    try {
      const deviceName = setInterface(descriptor.fd, name, attachFlags(options), purpose);
      const { flags } = getTunInterface(descriptor.fd, purpose);
      if ((flags & IFF_NO_PI) === 0 && options.packetInformation !== true) throw packetInformation(purpose);
      return TapDescriptor.#asFound(descriptor, deviceName, { flags, purpose });
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** The descriptor's number, or -1 once closed. Borrowed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /**
   * Throws a SystemError with ENODEV unless this is a queue of the device with index `ifindex`. When a device was
   * deleted just before, attaching to its name makes a new one. So this must be called before the queue is used.
   */
  assertOf(ifindex: number, action: string): void {
    if (indexOf(this.deviceName) === ifindex) return;
    throw systemError({
      action,
      object: this.deviceName,
      code: 'ENODEV',
      syscall: 'ioctl(TUNSETIFF)',
      detail: 'the device was deleted',
      reason: 'device-deleted',
    });
  }

  /**
   * Lets the kernel choose this queue for no frame any more. It can still send, unless it was attached with `napi`.
   * Does nothing on a single-queue device, which has no such state.
   */
  detach(): void {
    if (!this.multiQueue) return;
    setTunQueueAttached(this.fd, false, { action: 'detach a queue of', object: this.deviceName });
  }

  /** Lets the kernel choose this queue again, as the last one of the device. Throws a SystemError. */
  attachAgain(): void {
    setTunQueueAttached(this.fd, true, { action: 'attach a queue of', object: this.deviceName });
  }

  /** Whether a process that has the queue has detached it, so that the kernel gives it no frame. Throws a SystemError. */
  isDetached(): boolean {
    const { flags } = getTunInterface(this.fd, { action: 'inspect', object: this.deviceName });
    return (flags & IFF_DETACH_QUEUE) !== 0;
  }

  /**
   * Lets reads and writes of every process that has the queue answer EAGAIN instead of waiting. Returns whether a process had changed
   * that. Throws a SystemError.
   */
  makeNonBlocking(): boolean {
    const purpose = { action: 'inspect', object: this.deviceName };
    if (this.#descriptor.isNonBlocking(purpose)) return false;
    this.#descriptor.setNonBlocking(purpose);
    return true;
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}

function attachFlags(options: AttachOptions): number {
  let flags = IFF_TAP;
  if (options.packetInformation !== true) flags |= IFF_NO_PI;
  if (options.multiQueue !== false) flags |= IFF_MULTI_QUEUE;
  if (options.vnetHeader !== false) flags |= IFF_VNET_HDR;
  if (options.napi === true) flags |= IFF_NAPI;
  if (options.exclusive === true) flags |= IFF_TUN_EXCL;
  return flags;
}

/** TUNSETIFF. E2BIG gets a message of its own: it means that the device has no free queue. */
function setInterface(fd: number, name: string, flags: number, purpose: Purpose): string {
  try {
    return setTunInterface(fd, name, flags, purpose);
  } catch (error) {
    if (!isSystemError(error, 'E2BIG')) throw error;
    throw systemError({
      action: purpose.action,
      object: name,
      code: error.code,
      syscall: error.syscall,
      detail: `all ${KERNEL_QUEUES_MAX} queues are attached (E2BIG)`,
      reason: 'queues-exhausted',
      cause: error,
    });
  }
}

function packetInformation(purpose: Purpose): SystemError {
  return systemError({
    ...purpose,
    code: 'EINVAL',
    syscall: 'ioctl(TUNGETIFF)',
    detail: 'its users put packet information in front of frames (no IFF_NO_PI)',
    reason: 'packet-information',
  });
}

/**
 * Any process that may attach sets the header's size for all users, but buffers have room for HEADER_BYTES_MAX only.
 */
function headerTooLarge(headerBytes: number, purpose: Purpose): SystemError {
  return systemError({
    ...purpose,
    code: 'EINVAL',
    syscall: 'ioctl(TUNGETVNETHDRSZ)',
    detail: `its virtio-net header is set to ${headerBytes} bytes, at most ${HEADER_BYTES_MAX} are possible`,
    reason: 'header-too-large',
  });
}

function indexOf(name: string): number | undefined {
  using links = Links.open();
  return links.byName(name)?.index;
}
