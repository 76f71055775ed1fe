import { accessSync, constants } from 'node:fs';
import type { Link } from '../../netlink/link.js';
import type { LinkStatistics } from '../../netlink/link-statistics.js';
import { Links } from '../../netlink/links.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { findTap } from '../link/tap-link.js';
import { readDeviceRecord } from '../state/device-record.js';
import {
  assertRuntimeRootsReadable,
  findDeviceDirectory,
  openDeviceDirectory,
  runtimeRoots,
} from '../state/runtime-directory.js';
import { addCounts, emptyCounts, QUEUE_COUNTER_NAMES, type QueueCounts } from './counter-table.js';
import { readCounterBase, readCounterTotals, sumOf, writeCounterBase } from './counter-totals.js';

/** What rtap and the kernel have counted of a device, since it was made or since the last reset. */
export interface DeviceStatistics {
  readonly name: string;
  readonly ifindex: number;
  /** rtap's counts, queue by queue. */
  readonly queues: readonly QueueCounts[];
  /** Their sum. */
  readonly total: QueueCounts;
  /** Packets that the kernel dropped because nobody read the device fast enough: its `tx_dropped`. */
  readonly missed: number;
  /** The kernel's own counters, which have the directions the other way round. */
  readonly kernel: LinkStatistics;
  /** When counting began anew, ISO 8601; undefined when it was never reset. */
  readonly since: string | undefined;
}

/** Reads all counters of the TAP `name`. Needs no privilege and no help of the processes that count. */
export function readStatistics(name: string): DeviceStatistics {
  return statisticsOf(findTap(name, 'read'));
}

/**
 * As `readStatistics`, of several TAPs, in the order in which they are named. A device that is named twice, also by an
 * alternative name, comes once. Throws for a name that no TAP has, unless `absentOk`.
 */
export function readStatisticsOf(names: readonly string[], { absentOk = false } = {}): DeviceStatistics[] {
  const links = new Map<number, Link>();
  for (const name of names) {
    try {
      const link = findTap(name, 'read');
      if (!links.has(link.index)) links.set(link.index, link);
    } catch (error) {
      if (!absentOk || !isSystemError(error, 'ENODEV')) throw error;
    }
  }
  return [...links.values()].map(statisticsOf);
}

/** As `readStatistics`, of the link with this index, whatever it is called now; undefined where there is none. */
export function readStatisticsAt(ifindex: number): DeviceStatistics | undefined {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  return link === undefined ? undefined : statisticsOf(link);
}

/** As `readStatistics`, of every TAP of this network namespace, in order of their indices. */
export function readAllStatistics(): DeviceStatistics[] {
  using links = Links.open();
  const taps = links.listKind('tun').filter((link) => link.tun?.type === 'tap');
  return taps.sort((a, b) => a.index - b.index).map(statisticsOf);
}

function statisticsOf(link: Link): DeviceStatistics {
  const directory = findDeviceDirectory(link.index);
  // Counts that cannot be seen are no counts of 0.
  if (directory === undefined) assertRuntimeRootsReadable();
  const base = directory === undefined ? undefined : readCounterBase(directory);
  const queues = directory === undefined ? [] : readCounterTotals(directory).map((counts) => sumOf(counts));
  // A queue that nobody used yet has counted nothing; it is there all the same.
  const queueCount = readDeviceRecord(link.index)?.queues ?? 0;
  while (queues.length < queueCount) queues.push(emptyCounts());
  for (const [number, counts] of queues.entries()) takeAway(counts, base?.queues[number] ?? {});
  const total = emptyCounts();
  for (const counts of queues) addCounts(total, counts);
  const kernel = sinceBase(link.stats64, base?.kernel ?? {});
  const { dropped: missed } = kernel.tx;
  return { name: link.name, ifindex: link.index, queues, total, missed, kernel, since: base?.since };
}

/** No counter runs backwards, whatever lies where others may write. */
function takeAway(counts: QueueCounts, base: Readonly<Partial<QueueCounts>>): void {
  addCounts(counts, base, -1);
  for (const name of QUEUE_COUNTER_NAMES) counts[name] = Math.max(counts[name], 0);
}

/**
 * Lets all counters of the TAP `name` begin at 0 from now on; the kernel's own stay as they are. Throws a SystemError with
 * EACCES where this user may not write the device's folder.
 */
export function resetStatistics(name: string): void {
  const link = findTap(name, 'reset');
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  if (directory === undefined)
    throw systemError({
      action: 'reset',
      object: name,
      code: 'EACCES',
      syscall: `mkdir(${runtimeRoots().at(-1)})`,
    });
  try {
    accessSync(directory, constants.W_OK);
  } catch {
    throw systemError({ action: 'reset', object: name, code: 'EACCES', syscall: 'access' });
  }
  writeCounterBase(directory, flatten(link.stats64));
}

type Flat = Record<string, number>;

/** `rx.packets`, `tx.dropped`, …: the form in which a base is stored. */
function flatten(statistics: LinkStatistics): Flat {
  const flat: Flat = {};
  for (const direction of ['rx', 'tx'] as const) {
    for (const [name, value] of Object.entries(statistics[direction])) flat[`${direction}.${name}`] = value;
  }
  return flat;
}

function sinceBase(statistics: LinkStatistics, base: Readonly<Flat>): LinkStatistics {
  const less = <T extends object>(direction: string, counters: T): T => {
    const entries = Object.entries(counters).map(([name, value]) => [
      name,
      // A reset may come between the reading of one and of the other.
      Math.max(value - (base[`${direction}.${name}`] ?? 0), 0),
    ]);
    return Object.fromEntries(entries) as T;
  };
  return { rx: less('rx', statistics.rx), tx: less('tx', statistics.tx) };
}
