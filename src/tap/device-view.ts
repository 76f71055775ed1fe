import type { Link } from '../netlink/link.js';
import { Links } from '../netlink/links.js';
import { ROLE_KEEPER } from './counter-layout.js';
import { readCounterWriters } from './counter-store.js';
import { readDeviceRecord } from './device-record.js';
import { lookForHolder } from './holder-look.js';
import type { Greeting, Lease, NamedProcess } from './holder-reply.js';
import { findHolders, type Holder, readHolders } from './holders.js';
import { unreadQueues } from './lease-table.js';
import { type Offload, readOffloads } from './offloads.js';
import { findDeviceDirectory } from './runtime-directory.js';
import { findTap } from './tap-link.js';

/** A TAP as the kernel and rtap's runtime state have it. Nothing is attached to look. */
export interface DeviceSummary {
  readonly link: Link;
  /** Queues it was made with, where rtap made it. */
  readonly queueCount: number | undefined;
  /** Processes that have queues of it attached, as far as this user may see them. */
  readonly holders: readonly Holder[];
  /** The process that lends its queues, where there is one. */
  readonly lender: NamedProcess | undefined;
}

/** A TAP in detail. */
export interface DeviceView extends DeviceSummary {
  readonly offloads: readonly Offload[];
  /** Queues that a process of rtap keeps attached and nobody reads: what the kernel puts there waits, then is missed. */
  readonly unreadQueues: readonly number[];
  /** Who reads which queues that he borrowed. */
  readonly leases: readonly Lease[];
}

/** The TAPs of this network namespace, in order of their indices. */
export function listDevices(): DeviceSummary[] {
  using links = Links.open();
  const taps = links.listKind('tun').filter((link) => link.tun?.type === 'tap');
  taps.sort((a, b) => a.index - b.index);
  // Who holds them takes a walk over all processes: only where there is somebody to find.
  const held = taps.some((link) => (link.tun?.queues ?? 0) > 0);
  const holders = held ? readHolders() : new Map<string, readonly Holder[]>();
  return taps.map((link) => ({
    link,
    queueCount: readDeviceRecord(link.index)?.queues,
    holders: holders.get(link.name) ?? [],
    lender: lookForHolder(link)?.holder,
  }));
}

/** One TAP in detail; a SystemError with ENODEV or EINVAL where there is no such TAP. */
export function viewDevice(name: string): DeviceView {
  const link = findTap(name, 'show');
  const queueCount = readDeviceRecord(link.index)?.queues;
  const greeting = lookForHolder(link);
  return {
    link,
    queueCount,
    holders: (link.tun?.queues ?? 0) === 0 ? [] : findHolders(link.name),
    offloads: readOffloads(link.name),
    lender: greeting?.holder,
    leases: greeting?.leases ?? [],
    unreadQueues: greeting === undefined ? keptQueues(link.index, queueCount ?? 0) : unreadOf(greeting),
  };
}

function unreadOf({ queues, leases }: Greeting): number[] {
  return unreadQueues(
    queues,
    leases.map((lease) => lease.queues),
  );
}

/** Those of a holder that does not answer. */
function keptQueues(ifindex: number, queueCount: number): number[] {
  const directory = findDeviceDirectory(ifindex);
  if (directory === undefined) return [];
  const kept = readCounterWriters(directory).some(({ role }) => role === ROLE_KEEPER);
  return kept ? Array.from({ length: queueCount }, (_, number) => number) : [];
}
