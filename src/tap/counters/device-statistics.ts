import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SystemError } from '../../errors.js';
import type { Link } from '../../netlink/link.js';
import type { LinkStatistics } from '../../netlink/link-statistics.js';
import { Links } from '../../netlink/links.js';
import type { Qdisc } from '../../netlink/qdisc.js';
import { readRootQdiscs } from '../../netlink/qdiscs.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { findTap } from '../link/tap-link.js';
import { readDeviceRecordIn } from '../state/device-record.js';
import { describeFileFault } from '../state/file-fault.js';
import {
  assertRuntimeRootsReadable,
  findDeviceDirectory,
  openDeviceDirectory,
  runtimeRoots,
} from '../state/runtime-directory.js';
import {
  type CounterBase,
  isCountedIn,
  readCounterBase,
  readCounterTotals,
  writeCounterBase,
} from './counter-totals.js';
import { addCounts, emptyCounts, type QueueCounts, subtractCounts } from './queue-counts.js';
import { type CountedMoment, readQuietMoment } from './quiet-moment.js';

/** What rtap and the kernel have counted of a device since it was made, or since the last reset. */
export interface DeviceStatistics {
  readonly name: string;
  readonly ifindex: number;
  /** rtap's counts by queue number. */
  readonly queues: readonly QueueCounts[];
  /** Their sum. */
  readonly total: QueueCounts;
  /** Packets that the kernel dropped because the queue was full: its `tx_dropped`. */
  readonly missed: number;
  /** The kernel's own counters. It counts the directions the other way round: its `tx` is what rtap receives. */
  readonly kernel: LinkStatistics;
  /**
   * The kernel's queueing discipline in front of the device, and how many packets it dropped. They are not part of `missed`.
   * Undefined when the device has none, or when it was not read.
   */
  readonly qdisc: { readonly kind: string; readonly dropped: number } | undefined;
  /** When the counters were reset, in ISO 8601. Undefined when they never were. */
  readonly since: string | undefined;
}

/** Reads all counters of the TAP `name`. Needs neither privilege nor an answer of the processes that count. */
export function readStatistics(name: string): DeviceStatistics {
  const link = findTap(name, 'read');
  return statisticsOf(link, readRootQdiscs().get(link.index));
}

/**
 * As `readStatistics`, of several TAPs, in the order in which they are named. A device that is named twice, also by an
 * alternative name, comes once. Throws for a name that no TAP has, unless `onAbsent` takes it.
 */
export function readStatisticsOf(
  names: readonly string[],
  { onAbsent }: { readonly onAbsent?: ((name: string) => void) | undefined } = {},
): DeviceStatistics[] {
  const links = new Map<number, Link>();
  for (const name of names) {
    try {
      const link = findTap(name, 'read');
      if (!links.has(link.index)) links.set(link.index, link);
    } catch (error) {
      if (onAbsent === undefined || !isSystemError(error, 'ENODEV')) throw error;
      onAbsent(name);
    }
  }
  return statisticsOfEach([...links.values()]);
}

/**
 * What was counted since the device with this index was made, without the qdisc. A reset does not change these counts, so nothing is
 * lost between two readings. Returns undefined when there is no such link.
 */
export function readLifetimeCounts(ifindex: number): DeviceStatistics | undefined {
  using links = Links.open();
  const link = links.byIndex(ifindex);
  return link === undefined ? undefined : statisticsSince(undefined, link);
}

/** As `readLifetimeCounts`, for every TAP of this network namespace, in order of their indices. */
export function readAllLifetimeCounts(): DeviceStatistics[] {
  return listTaps().map((link) => statisticsSince(undefined, link));
}

/** As `readStatistics`, for every TAP of this network namespace, in order of their indices. */
export function readAllStatistics(): DeviceStatistics[] {
  return statisticsOfEach(listTaps());
}

function listTaps(): Link[] {
  using links = Links.open();
  const taps = links.listKind('tun').filter((link) => link.tun?.type === 'tap');
  return taps.sort((a, b) => a.index - b.index);
}

function statisticsOfEach(links: readonly Link[]): DeviceStatistics[] {
  const qdiscs = readRootQdiscs();
  return links.map((link) => statisticsOf(link, qdiscs.get(link.index)));
}

function statisticsOf(link: Link, qdisc?: Qdisc): DeviceStatistics {
  const directory = findDeviceDirectory(link.index);
  const base = directory === undefined ? undefined : readCounterBase(directory);
  return statisticsSince(base, link, qdisc);
}

/** @param base undefined for all counts since the device was made */
function statisticsSince(base: CounterBase | undefined, link: Link, qdisc?: Qdisc): DeviceStatistics {
  const directory = findDeviceDirectory(link.index);
  // Counts that this user may not read are not 0.
  if (directory === undefined) assertRuntimeRootsReadable();
  const queues = directory === undefined ? [] : readQueueCounts(directory);
  for (const [number, counts] of queues.entries()) subtractCounts(counts, base?.queues[number] ?? {});
  const total = emptyCounts();
  for (const counts of queues) addCounts(total, counts);
  const kernel = sinceBase(link.stats64, base?.kernel ?? {});
  const { dropped: missed } = kernel.tx;
  return {
    name: link.name,
    ifindex: link.index,
    queues,
    total,
    missed,
    kernel,
    qdisc: qdisc && qdiscSinceBase(qdisc, base?.kernel ?? {}),
    since: base?.since,
  };
}

/** What each queue has counted. A queue that no process used yet has counted nothing, and is there all the same. */
function readQueueCounts(directory: string): QueueCounts[] {
  const queues = readCounterTotals(directory);
  const queueCount = readDeviceRecordIn(directory)?.queues ?? 0;
  while (queues.length < queueCount) queues.push(emptyCounts());
  return queues;
}

/**
 * Lets what `readStatistics` returns for the TAP `name` begin at 0 from now on: rtap's counts and the kernel's at the same frame,
 * also under load. The kernel's own counters stay as they are. Throws a SystemError with EACCES when this user may not write the device's folder.
 */
export function resetStatistics(name: string): void {
  const link = findTap(name, 'reset');
  const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
  assertWritable(directory ?? runtimeRoots().at(-1)!, name);
  if (directory === undefined) throw resetRefused(name, runtimeRoots().at(-1)!, 'EACCES');
  const qdisc = readRootQdiscs().get(link.index);
  const { queues, kernel } = readMoment(directory, link);
  writeCounterBase(directory, queues, {
    ...flatten(kernel),
    ...(qdisc && { [QDISC_HANDLE]: qdisc.handle, [QDISC_DROPPED]: qdisc.dropped }),
  });
}

/** Where no process counts, no frame is counted by the kernel alone, and one reading is enough. */
function readMoment(directory: string, link: Link): CountedMoment {
  using links = Links.open();
  const readQueues = () => readCounterTotals(directory);
  const readKernel = () => (links.byIndex(link.index) ?? link).stats64;
  if (isCountedIn(directory)) return readQuietMoment(readQueues, readKernel);
  return { queues: readQueues(), kernel: readKernel() };
}

/** Checks the nearest folder of `path` that exists. */
function assertWritable(path: string, name: string): void {
  const parent = dirname(path);
  if (!existsSync(path) && parent !== path) {
    assertWritable(parent, name);
    return;
  }
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw resetRefused(name, path, error instanceof Error && 'code' in error ? String(error.code) : 'EACCES');
  }
}

function resetRefused(name: string, folder: string, code: string): SystemError {
  return systemError({
    action: 'reset',
    object: name,
    code,
    syscall: 'access',
    detail: `"${folder}" cannot be written: ${describeFileFault('access', code)}`,
  });
}

type Flat = Record<string, number>;

const QDISC_HANDLE = 'qdisc.handle';
const QDISC_DROPPED = 'qdisc.dropped';

/** By names such as `rx.packets`, the form in which a base is stored. */
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
      // Another process may reset the counters between the two readings.
      Math.max(value - (base[`${direction}.${name}`] ?? 0), 0),
    ]);
    return Object.fromEntries(entries) as T;
  };
  return { rx: less('rx', statistics.rx), tx: less('tx', statistics.tx) };
}

/** A qdisc that has replaced the one of the base counts from 0. */
function qdiscSinceBase({ kind, handle, dropped }: Qdisc, base: Readonly<Flat>) {
  const before = base[QDISC_HANDLE] === handle ? (base[QDISC_DROPPED] ?? 0) : 0;
  return { kind, dropped: Math.max(dropped - before, 0) };
}
