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
import { type Offload, readOffloads } from './offloads.js';

/** What a list of many TAPs shows of each, as the kernel and rtap's runtime state have it. Nothing is attached to look. */
export interface DeviceOutline {
  readonly link: LinkOutline;
  /** Queues it was made with, where rtap made it. */
  readonly queueCount: number | undefined;
  /** Who keeps its queues attached and lends them, where there is somebody. */
  readonly holder: FoundHolder | undefined;
}

/** As an outline, with all that the kernel says of the link. */
export interface DeviceSummary extends DeviceOutline {
  readonly link: Link;
}

/** A TAP in detail. */
export interface DeviceView extends DeviceSummary {
  readonly offloads: readonly Offload[];
  /** Whether rtap attaches its queues with IFF_NAPI; undefined where rtap did not make it: the kernel does not tell. */
  readonly napi: boolean | undefined;
  /**
   * Processes that have queues of it attached, as far as this user may see them, without the holder and those that
   * have a lease.
   */
  readonly attached: readonly AttachedProcess[];
  /**
   * Queues of the holder that nobody reads: what the kernel puts there waits, then is missed. Undefined where the holder
   * does not answer: not known.
   */
  readonly unreadQueues: readonly number[] | undefined;
  /** Who reads which queues that he borrowed; undefined where the holder does not answer. */
  readonly leases: readonly Lease[] | undefined;
}

/** The TAPs of this network namespace, in order of their indices. */
export function listDevices(): DeviceSummary[] {
  using links = Links.open();
  return summarizeTaps(links.listKind('tun'));
}

/** As `listDevices`, with what a list shows: half of the time that the decoding takes. */
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

/** One TAP in detail; a SystemError with ENODEV or EINVAL where there is no such TAP. */
export function viewDevice(name: string): DeviceView {
  const link = findTap(name, 'show');
  const summary = summarize(link, findDeviceDirectory(link.index));
  const { holder } = summary;
  const lending = holder === undefined ? NOTHING_LENT : lendingOf(holder);
  const known = [holder?.process, ...(lending.leases ?? [])].map((process) => process?.pid);
  const attached = (link.tun?.queues ?? 0) === 0 ? [] : findAttached(link.name);
  return {
    ...summary,
    ...lending,
    offloads: readOffloads(link.name),
    napi: summary.queueCount === undefined ? undefined : readDeviceRecord(link.index)?.napi === true,
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
