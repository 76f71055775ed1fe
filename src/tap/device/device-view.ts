import type { LinkAddress } from '../../netlink/address.js';
import { Addresses } from '../../netlink/addresses.js';
import type { Link, LinkOutline } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { type FoundHolder, findHolder } from '../lease/holder-lookup.js';
import type { Lease } from '../lease/holder-reply.js';
import { kernelIndexOf } from '../lease/kernel-indexes.js';
import { unreadQueues } from '../lease/lease-table.js';
import { type AttachedProcess, findAttached, readAttached } from '../link/attached-processes.js';
import { findTap } from '../link/tap-link.js';
import { DeviceDirectories } from '../state/device-directories.js';
import { presentSeconds, readDeviceRecord, readDeviceRecordIn } from '../state/device-record.js';
import { findDeviceDirectory, unreadableRuntimeRoot } from '../state/runtime-directory.js';
import { readSteeringIn, type Steering } from '../steer/steering.js';
import { type AddressFilter, readFilterRecord } from './address-filter.js';
import { type Offload, readOffloads } from './offloads.js';

/**
 * What a list of many TAPs shows of each. It comes from the kernel and the runtime directory: no queue is attached,
 * which would take frames.
 */
export interface DeviceOutline {
  readonly link: LinkOutline;
  /** Number of queues that it was made with. Undefined when rtap did not make it. */
  readonly queueCount: number | undefined;
  /** The process that keeps its queues attached and lends them. Undefined when there is none. */
  readonly holder: FoundHolder | undefined;
  /** The folder that this user may not read if it is not known whether the device has a holder. */
  readonly unreadableFolder?: string | undefined;
  /** The name of the bridge or bond that it belongs to. Undefined when there is none. */
  readonly master: string | undefined;
  /** How long ago rtap made it, in seconds. Undefined when rtap did not make it: the kernel does not say. */
  readonly ageSeconds: number | undefined;
}

/** A DeviceOutline with all that the kernel says of the link. */
export interface DeviceSummary extends DeviceOutline {
  readonly link: Link;
}

/** All that is known of a TAP. */
export interface DeviceView extends DeviceSummary {
  readonly offloads: readonly Offload[];
  /** Its IPv4 and IPv6 addresses. */
  readonly addresses: readonly LinkAddress[];
  /** Whether rtap attaches its queues with IFF_NAPI. Undefined when rtap did not make it: the kernel does not say. */
  readonly napi: boolean | undefined;
  /** How the queue of each frame is chosen, as far as rtap knows. */
  readonly steering: Steering;
  /** Which frames leave the device, as far as rtap knows. Undefined if all of them do. */
  readonly filter: AddressFilter | undefined;
  /**
   * Processes that have queues of it attached, as far as this user may see them. Without the holder and the processes
   * that have leases.
   */
  readonly attached: readonly AttachedProcess[];
  /**
   * Queues of the holder that have no reader: frames wait there until the kernel drops further ones. Undefined when
   * the holder does not answer.
   */
  readonly unreadQueues: readonly number[] | undefined;
  /** Which processes have borrowed which queues. Undefined when the holder does not answer. */
  readonly leases: readonly Lease[] | undefined;
  /** Queues of the holder that a borrower has detached: the kernel gives them no frames. Undefined when the holder does not answer. */
  readonly disabledQueues: readonly number[] | undefined;
  /**
   * The kernel's index of each queue of the holder, undefined for a queue that has none now. It differs from the number of the queue
   * while a borrower changes the order. Undefined when the holder does not answer.
   */
  readonly kernelIndexes: readonly (number | undefined)[] | undefined;
}

/** Lists the TAPs of this network namespace in order of their indices. */
export function listDevices(): DeviceSummary[] {
  using links = Links.open();
  return summarizeTaps(links.listKind('tun'), links);
}

/** As `listDevices`, with what a list shows of each. Decoding takes half of the time. */
export function outlineDevices(): DeviceOutline[] {
  using links = Links.open();
  return summarizeTaps(links.outlineKind('tun'), links);
}

/**
 * As `outlineDevices`, for devices that no process has attached. A queue that is switched off while its descriptor is open counts as
 * attached.
 */
export function outlineUnusedDevices(): DeviceOutline[] {
  const unused = outlineDevices().filter(
    ({ link: { tun } }) => tun !== undefined && tun.queues + tun.disabledQueues === 0,
  );
  // The kernel counts no queues of a single-queue device, and any process that has it attached may switch its carrier off.
  if (unused.every(({ link }) => link.tun?.multiQueue === true)) return unused;
  const attached = readAttached();
  return unused.filter(({ link }) => !attached.has(link.name));
}

function summarizeTaps<L extends LinkOutline>(all: readonly L[], links: Links) {
  const taps = all.filter((link) => link.tun?.type === 'tap');
  taps.sort((a, b) => a.index - b.index);
  const directories = DeviceDirectories.read();
  const masters = new MasterNames(links);
  return taps.map((link) => summarize(link, directories.find(link.index), masters));
}

/**
 * Returns all that is known of the TAP `name`. Throws a SystemError: ENODEV when there is no such device, EINVAL when
 * it is no TAP.
 */
export function viewDevice(name: string): DeviceView {
  const link = findTap(name, 'show');
  const directory = findDeviceDirectory(link.index);
  using links = Links.open();
  const summary = summarize(link, directory, new MasterNames(links));
  const { holder } = summary;
  const lending = holder === undefined ? NOTHING_LENT : lendingOf(holder);
  const known = [holder?.process, ...(lending.leases ?? [])].map((process) => process?.pid);
  const attached = (link.tun?.queues ?? 0) === 0 ? [] : findAttached(link.name);
  return {
    ...summary,
    ...lending,
    offloads: readOffloads(link.name),
    addresses: readAddresses(link),
    napi: summary.queueCount === undefined ? undefined : readDeviceRecord(link.index)?.napi === true,
    steering: directory === undefined ? 'off' : readSteeringIn(directory),
    filter: directory === undefined ? undefined : readFilterRecord(directory),
    attached: attached.filter(({ pid }) => !known.includes(pid)),
  };
}

function summarize<L extends LinkOutline>(link: L, directory: string | undefined, masters: MasterNames) {
  const record = directory === undefined ? undefined : readDeviceRecordIn(directory);
  const holder = findHolder(link);
  const mayBeHeld = holder === undefined && directory === undefined && (link.tun?.queues ?? 0) > 0;
  return {
    link,
    queueCount: record?.queues,
    holder,
    unreadableFolder: mayBeHeld ? unreadableRuntimeRoot() : undefined,
    master: masters.of(link),
    ageSeconds: record?.madeSeconds === undefined ? undefined : presentSeconds() - record.madeSeconds,
  };
}

/** The names of bridges and bonds. Each is looked up once, since many devices have the same. */
class MasterNames {
  readonly #links: Links;
  readonly #names = new Map<number, string | undefined>();

  constructor(links: Links) {
    this.#links = links;
  }

  /** The name of the master of `link`. Undefined when it has none. */
  of({ master }: LinkOutline): string | undefined {
    if (master === undefined) return undefined;
    if (!this.#names.has(master)) this.#names.set(master, this.#links.byIndex(master)?.name);
    return this.#names.get(master);
  }
}

function readAddresses({ index, name }: Link): LinkAddress[] {
  using addresses = Addresses.open();
  return addresses.list(index, name);
}

type Lending = Pick<DeviceView, 'leases' | 'unreadQueues' | 'disabledQueues' | 'kernelIndexes'>;

const NOTHING_LENT: Lending = { leases: [], unreadQueues: [], disabledQueues: [], kernelIndexes: [] };

function lendingOf({ greeting }: FoundHolder): Lending {
  if (greeting === undefined)
    return {
      leases: undefined,
      unreadQueues: undefined,
      disabledQueues: undefined,
      kernelIndexes: undefined,
    };
  const { queues, leases, disabled = [] } = greeting;
  const lent = leases.map((lease) => lease.queues);
  const kernelIndexes = Array.from({ length: queues }, (_, queue) => kernelIndexOf(greeting, queue));
  return { leases, unreadQueues: unreadQueues(queues, lent), disabledQueues: disabled, kernelIndexes };
}
