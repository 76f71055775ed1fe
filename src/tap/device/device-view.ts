import type { Link, LinkOutline } from '../../netlink/link.js';
import { Links } from '../../netlink/links.js';
import { type FoundHolder, findHolder } from '../lease/holder-lookup.js';
import type { Lease } from '../lease/holder-reply.js';
import { unreadQueues } from '../lease/lease-table.js';
import { type AttachedProcess, findAttached } from '../link/attached-processes.js';
import { findTap } from '../link/tap-link.js';
import { DeviceDirectories } from '../state/device-directories.js';
import { readDeviceRecord, readDeviceRecordIn } from '../state/device-record.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
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
}

/** A DeviceOutline with all that the kernel says of the link. */
export interface DeviceSummary extends DeviceOutline {
  readonly link: Link;
}

/** All that is known of a TAP. */
export interface DeviceView extends DeviceSummary {
  readonly offloads: readonly Offload[];
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
}

/** Lists the TAPs of this network namespace in order of their indices. */
export function listDevices(): DeviceSummary[] {
  using links = Links.open();
  return summarizeTaps(links.listKind('tun'));
}

/** As `listDevices`, with what a list shows of each. Decoding takes half of the time. */
export function outlineDevices(): DeviceOutline[] {
  using links = Links.open();
  return summarizeTaps(links.outlineKind('tun'));
}

function summarizeTaps<L extends LinkOutline>(links: readonly L[]) {
  const taps = links.filter((link) => link.tun?.type === 'tap');
  taps.sort((a, b) => a.index - b.index);
  const directories = DeviceDirectories.read();
  return taps.map((link) => summarize(link, directories.find(link.index)));
}

/**
 * Returns all that is known of the TAP `name`. Throws a SystemError: ENODEV when there is no such device, EINVAL when
 * it is no TAP.
 */
export function viewDevice(name: string): DeviceView {
  const link = findTap(name, 'show');
  const directory = findDeviceDirectory(link.index);
  const summary = summarize(link, directory);
  const { holder } = summary;
  const lending = holder === undefined ? NOTHING_LENT : lendingOf(holder);
  const known = [holder?.process, ...(lending.leases ?? [])].map((process) => process?.pid);
  const attached = (link.tun?.queues ?? 0) === 0 ? [] : findAttached(link.name);
  return {
    ...summary,
    ...lending,
    offloads: readOffloads(link.name),
    napi: summary.queueCount === undefined ? undefined : readDeviceRecord(link.index)?.napi === true,
    steering: directory === undefined ? 'off' : readSteeringIn(directory),
    filter: directory === undefined ? undefined : readFilterRecord(directory),
    attached: attached.filter(({ pid }) => !known.includes(pid)),
  };
}

function summarize<L extends LinkOutline>(link: L, directory: string | undefined) {
  const record = directory === undefined ? undefined : readDeviceRecordIn(directory);
  return { link, queueCount: record?.queues, holder: findHolder(link) };
}

type Lending = Pick<DeviceView, 'leases' | 'unreadQueues'>;

const NOTHING_LENT: Lending = { leases: [], unreadQueues: [] };

function lendingOf({ greeting }: FoundHolder): Lending {
  if (greeting === undefined) return { leases: undefined, unreadQueues: undefined };
  const { queues, leases } = greeting;
  const lent = leases.map((lease) => lease.queues);
  return { leases, unreadQueues: unreadQueues(queues, lent) };
}
