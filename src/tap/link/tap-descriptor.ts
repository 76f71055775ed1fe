import type { SystemError } from '../../errors.js';
import { Links } from '../../netlink/links.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import {
  getTunInterface,
  getVnetHeaderBytes,
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
import { KERNEL_QUEUES_MAX } from '../state/limits.js';

/** Largest virtio-net header that rtap makes room for; the kernel's own are 10 and 12 bytes. */
export const HEADER_BYTES_MAX = 24;

export interface AttachOptions {
  /** Fail when the device exists already. @default false */
  readonly exclusive?: boolean;
  /** Must be what the device was made with. @default true */
  readonly multiQueue?: boolean;
  /** Flags for a device that nobody is attached to; otherwise those of its users stay. @default true */
  readonly vnetHeader?: boolean;
  /** Packet information (struct tun_pi) in front of frames; only kept for devices made by others. @default false */
  readonly packetInformation?: boolean;
  /**
   * Hand what is written to the kernel's NAPI (IFF_NAPI), which each queue has for itself: a detached one cannot be
   * written to then.
   * @default false
   */
  readonly napi?: boolean;
  /** What it is for, in the message of an error. @default attach to NAME */
  readonly action?: string;
}

/** A queue's descriptor, attached to a device: the kernel's side of one queue. */
export class TapDescriptor implements Disposable {
  readonly #descriptor: Descriptor;
  /** The device's name at the time of attaching; the kernel's own for a `%d`. */
  readonly deviceName: string;
  /** Bytes of virtio-net header in front of each frame: 0, 10, 12 or more. */
  readonly headerBytes: number;
  /** Whether the device can have several queues. */
  readonly multiQueue: boolean;
  /** IFF_NAPI, by the word of whoever attached first; the kernel does not tell what each queue has. */
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
    // The flag belongs to the open file: whoever sent it may have cleared it.
    descriptor.setNonBlocking(purpose);
    return TapDescriptor.#asFound(descriptor, name, { flags, purpose });
  }

  /** As whoever attached first decided the flags: ask what they are (design, decision 5). */
  static #asFound(
    descriptor: Descriptor,
    deviceName: string,
    { flags, purpose }: { readonly flags: number; readonly purpose: Purpose },
  ): TapDescriptor {
    const headerBytes = (flags & IFF_VNET_HDR) === 0 ? 0 : getVnetHeaderBytes(descriptor.fd, purpose);
    if (headerBytes > HEADER_BYTES_MAX) throw headerTooLarge(headerBytes, purpose);
    return new TapDescriptor(descriptor, deviceName, headerBytes, flags);
  }

  /** Attaches one more queue to the device `name`, which is created when it does not exist. */
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
   * Throws a SystemError with ENODEV unless this is a queue of the device with index `ifindex`. A device that was
   * deleted just before is made anew by attaching to its name: ask before anything is built on it.
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
   * Takes this queue out of the kernel's choice: it receives nothing from now on, and can still send, unless it was
   * attached with `napi`.
   * A single-queue device has no such state; there this does nothing.
   */
  detach(): void {
    if (!this.multiQueue) return;
    setTunQueueAttached(this.fd, false, { action: 'detach a queue of', object: this.deviceName });
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

/** TUNSETIFF with a sentence of its own for what the kernel says with one riddle each. */
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
      detail: `all ${KERNEL_QUEUES_MAX} queues are taken (E2BIG)`,
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

/** Whoever may attach sets the header's size, for everybody: buffers have room for so much and no more. */
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
