import { ArgumentRangeError, type SystemError } from '../../errors.js';
import type { IpNetwork } from '../../netlink/address.js';
import { Addresses } from '../../netlink/addresses.js';
import type { Link } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { formatIpNetwork } from '../../packet/headers/ip-address.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { setTunPersistent } from '../../sys/tun.js';
import { ROLE_KEEPER } from '../counters/counter-layout.js';
import { CounterWriter } from '../counters/counter-writer.js';
import { ownerOfNew, setDeviceOwner } from '../link/device-owner.js';
import { assertNamePattern } from '../link/interface-name.js';
import { changeSettings } from '../link/link-settings.js';
import { TapDescriptor } from '../link/tap-descriptor.js';
import {
  type DeviceRecord,
  presentSeconds,
  readDeviceRecord,
  writeDeviceRecord,
} from '../state/device-record.js';
import { QUEUES_DEFAULT, QUEUES_MAX } from '../state/limits.js';
import { openDeviceDirectory, removeDeviceDirectory } from '../state/runtime-directory.js';
import { assertHoldable } from './holdable-device.js';
import { removeGoneNamespaces, removeStaleDirectories } from './leftovers.js';
import { OFFLOADS_DEFAULT, type Offload, setOffloads } from './offloads.js';

/** The settings of a device that can be changed at any time. */
export interface DeviceSettings {
  /** MAC address of six bytes. @default the kernel's choice */
  readonly address?: Uint8Array;
  /** Bytes. @default 1500 */
  readonly mtu?: number;
  /** Frames that wait in a queue before the kernel drops them. @default 1000 */
  readonly txqueuelen?: number;
  /** Switches the device on. @default false */
  readonly up?: boolean;
  /** IP addresses that it gets beside those that it has. @default none */
  readonly addresses?: readonly IpNetwork[];
}

/** What a new device is made with. */
export interface CreationOptions extends DeviceSettings {
  /** 1 to 128. @default 4 */
  readonly queueCount?: number;
  /** uid that may attach without privilege. @default the caller's, unless a group is given */
  readonly owner?: number;
  /** gid that may attach without privilege. If an owner is set too, both must match. @default none */
  readonly group?: number;
  /**
   * What the kernel may leave unfinished in the frames that it hands out, completed as by `completeOffloads`. With an
   * empty list all frames are finished. With a tso or uso, frames have up to 65,539 bytes.
   * @default csum, tso4, tso6, ecn
   */
  readonly offloads?: readonly Offload[];
  /**
   * Attaches the queues with IFF_NAPI, now and later: frames that are written to them go through the kernel's NAPI,
   * which can merge them (GRO).
   * @default false
   */
  readonly napi?: boolean;
  /**
   * Removes first what dead processes left in the runtime directory. That takes the longer the more devices there are: a program that
   * makes many needs it for the first.
   * @default true
   */
  readonly removeLeftovers?: boolean;
}

/**
 * A device that exists as long as this object: its queues are attached and not read. However the process ends, the
 * kernel removes the device then.
 */
export class CreatedDevice implements Disposable {
  readonly queueCount: number;
  /** Whether its queues are attached with IFF_NAPI. */
  readonly napi: boolean;
  /** What the runtime directory stores of it. @internal */
  readonly record: DeviceRecord;
  #link: Link;
  readonly #taps: TapDescriptor[];
  #stateKept = true;
  #counters: CounterWriter | undefined;
  #persistent = false;
  #open = true;

  private constructor(link: Link, record: DeviceRecord, first: TapDescriptor) {
    this.queueCount = record.queues;
    this.napi = record.napi ?? false;
    this.record = record;
    this.#link = link;
    this.#taps = [first];
  }

  /**
   * Makes a TAP with the name `pattern`, in which the kernel replaces one `%d` by a number. The device does not
   * outlive this object unless `makePersistent` is called. When a step fails, no device is left.
   *
   * Throws a SystemError: EEXIST when the name is taken, EINVAL when this kernel does not know an offload, or does
   * not know NAPI for TAPs (before Linux 4.15).
   */
  static create(pattern: string, options: CreationOptions = {}): CreatedDevice {
    assertNamePattern(pattern);
    const queueCount = options.queueCount ?? QUEUES_DEFAULT;
    if (!Number.isInteger(queueCount) || queueCount < 1 || queueCount > QUEUES_MAX) {
      throw new ArgumentRangeError(`cannot make ${queueCount} queues: 1 to ${QUEUES_MAX} are possible`);
    }
    using links = Links.open();
    const { napi = false } = options;
    const first = attachNew(pattern, napi, links);
    let device: CreatedDevice | undefined;
    try {
      const link = links.byName(first.deviceName);
      if (link === undefined) throw vanished(first.deviceName);
      device = new CreatedDevice(link, { queues: queueCount, napi, madeSeconds: presentSeconds() }, first);
      device.#configure(links, options);
      return device;
    } catch (error) {
      device?.[Symbol.dispose]();
      first[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Holds the existing TAP `link` in the same way. The device outlives this object if it was persistent before.
   *
   * Throws a SystemError with EBUSY when other processes have queues of it attached: see `assertHoldable`.
   */
  static adopt(link: Link): CreatedDevice {
    assertHoldable(link);
    const multiQueue = link.tun?.multiQueue ?? true;
    const record = readDeviceRecord(link.index);
    const queues = multiQueue ? (record?.queues ?? QUEUES_DEFAULT) : 1;
    const napi = record?.napi ?? false;
    const first = TapDescriptor.attach(link.name, { action: 'hold', multiQueue, napi });
    const device = new CreatedDevice(link, { ...record, queues, napi }, first);
    try {
      first.assertOf(link.index, 'hold');
      device.#persistent = link.tun?.persist ?? false;
      return device;
    } catch (error) {
      device[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Takes over the queues `taps` of the TAP `link` from the process that held them. This object owns them from now
   * on.
   */
  static inherit(link: Link, taps: readonly TapDescriptor[], persistent: boolean): CreatedDevice {
    const [first, ...others] = taps;
    if (first === undefined)
      throw new ArgumentRangeError(`cannot hold "${link.name}": its holder passed no queue`);
    const record = readDeviceRecord(link.index);
    const device = new CreatedDevice(link, { ...record, queues: taps.length }, first);
    device.#taps.push(...others);
    device.#persistent = persistent;
    device.attachAll();
    return device;
  }

  /** The device's name when it was made, or when it last moved to another network namespace. */
  get name(): string {
    return this.#link.name;
  }

  /** The device's index in the network namespace that it is in. */
  get ifindex(): number {
    return this.#link.index;
  }

  /**
   * Must be called when the device has moved to this thread's network namespace and is `link` there. Its queues stay.
   */
  moveTo(link: Link): void {
    this.#link = link;
    this.#counters?.[Symbol.dispose]();
    this.#counters = CounterWriter.tryOpen(link, this.queueCount, ROLE_KEEPER);
  }

  /** Whether the number of queues is stored. False when this user may write no runtime directory. */
  get stateKept(): boolean {
    return this.#stateKept;
  }

  /**
   * The attached queues by their numbers. Borrowed: to close or detach one would change the kernel's index of others.
   */
  get queues(): readonly TapDescriptor[] {
    return this.#taps;
  }

  /** Whether the device stays when this object is disposed. */
  get persistent(): boolean {
    return this.#persistent;
  }

  /** Attaches the rest of the queues, so that the kernel spreads frames over all of them. */
  attachAll(): void {
    while (this.#taps.length < this.queueCount)
      this.#taps.push(TapDescriptor.attach(this.name, { napi: this.napi }));
    this.#taps.at(-1)?.assertOf(this.ifindex, 'hold');
    this.#counters ??= CounterWriter.tryOpen(this.#link, this.queueCount, ROLE_KEEPER);
  }

  /**
   * Lets the device outlive this object. Call it as the last step: no later failure should leave the device behind.
   */
  makePersistent(): void {
    this.setPersistent(true);
  }

  /** Sets whether the device outlives this object. */
  setPersistent(persistent: boolean): void {
    const action = persistent ? 'keep' : 'change';
    setTunPersistent(this.#taps[0]!.fd, persistent, { action, object: this.name });
    this.#persistent = persistent;
  }

  /** Closes the queues and leaves the device and its state to another process that has the same queues. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#counters?.[Symbol.dispose]();
    for (const tap of this.#taps.toReversed()) tap[Symbol.dispose]();
  }

  /** Closes the queues. When it returns, a device that is not persistent is gone, and so is its runtime state. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.abandon();
    this.#removeState();
  }

  /** Removes the device's state, if the device is gone. A persistent one may have been deleted by another process. */
  #removeState(): void {
    using links = Links.open();
    if (links.byIndex(this.ifindex) === undefined) removeDeviceDirectory(this.ifindex);
  }

  #configure(links: Links, options: CreationOptions): void {
    const purpose = { action: 'create', object: this.name };
    const tap = this.#taps[0]!;
    if (tap.napi !== this.napi) throw napiUnknown(purpose);
    const { fd } = tap;
    setOffloads(tap, options.offloads ?? OFFLOADS_DEFAULT, { ...purpose, fresh: true });
    const allowed = ownerOfNew(options);
    setDeviceOwner(fd, allowed, purpose);
    if (options.removeLeftovers !== false) {
      removeStaleDirectories();
      removeGoneNamespaces();
    }
    removeDeviceDirectory(this.ifindex);
    const directory = openDeviceDirectory(this.ifindex, allowed);
    if (directory === undefined) this.#stateKept = false;
    else writeDeviceRecord(directory, this.record);
    applySettings(links, this.ifindex, options);
    addAddresses(this.#link, options);
  }
}

/** As `changeSettings`, for the settings of the link among `settings`. */
export function applySettings(links: Links, ifindex: number, settings: DeviceSettings): void {
  const { address, mtu, txqueuelen, up } = settings;
  changeSettings(links, ifindex, {
    ...(address === undefined ? {} : { address }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(txqueuelen === undefined ? {} : { txqueuelen }),
    ...(up === undefined ? {} : { up }),
  });
}

/**
 * Gives the device the addresses that `settings` name. Throws a NetlinkError when the kernel refuses one.
 *
 * @param presentOk whether an address that it has already is no error. @default false
 */
export function addAddresses(
  { index, name }: Link,
  { addresses = [] }: DeviceSettings,
  { presentOk = false } = {},
): void {
  if (addresses.length === 0) return;
  using connection = Addresses.open();
  for (const address of addresses) {
    try {
      const action = `give address ${formatIpNetwork(address)} to`;
      connection.add(index, address, { action, object: name });
    } catch (error) {
      if (!presentOk || !isSystemError(error, 'EEXIST')) throw error;
    }
  }
}

/** Makes the device, and returns its first queue. */
function attachNew(pattern: string, napi: boolean, links: Links): TapDescriptor {
  try {
    return TapDescriptor.attach(pattern, { exclusive: true, action: 'create', napi });
  } catch (error) {
    if (!isSystemError(error, 'EBUSY', 'EINVAL', 'EEXIST')) throw error;
    const existing = pattern.includes('%') ? undefined : links.byName(pattern);
    if (existing === undefined) throw error;
    throw systemError({
      action: 'create',
      object: pattern,
      code: 'EEXIST',
      syscall: error.syscall,
      detail: `it exists already as ${describeKind(existing)}`,
      reason: existing.tun?.type === 'tap' && existing.tun.multiQueue ? 'device-exists' : 'name-taken',
      cause: error,
    });
  }
}

/** The kind of an interface with its article: `a single-queue TAP`, `a bridge device`. */
export function describeKind(link: Link): string {
  if (link.tun?.type === 'tun') return 'a TUN device';
  if (link.tun !== undefined) return link.tun.multiQueue ? 'a multi-queue TAP' : 'a single-queue TAP';
  return link.kind === undefined || link.kind === '' ? 'another interface' : `a ${link.kind} device`;
}

/** An older kernel ignores flags that it does not know, so the flags of the new device tell. */
function napiUnknown(purpose: Purpose): SystemError {
  return systemError({
    ...purpose,
    code: 'EINVAL',
    syscall: 'ioctl(TUNSETIFF)',
    detail: 'this kernel has no NAPI for its queues',
    reason: 'napi-unknown',
  });
}

function vanished(name: string): SystemError {
  return systemError({
    action: 'create',
    object: name,
    code: 'ENODEV',
    syscall: 'RTM_GETLINK',
    detail: 'another process removed it at once',
    reason: 'device-deleted',
  });
}
