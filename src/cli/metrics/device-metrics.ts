import type { Link } from '../../netlink/link.js';
import { IFF_UP } from '../../netlink/link-flags.js';
import { Links } from '../../netlink/links.js';
import {
  type DeviceStatistics,
  readAllStatistics,
  readStatisticsOf,
} from '../../tap/counters/device-statistics.js';
import { readAddressFilter } from '../../tap/device/address-filter.js';
import { type QueriedHolder, queryHolders } from '../../tap/lease/greeting-query.js';
import { queueCountOf } from '../../tap/link/tap-link.js';
import { printableName } from '../output/escapes.js';

/** How long a holder may take to answer. */
const ANSWER_MS = 500;

/** What the metrics say of a device besides its counters. */
export interface DeviceState {
  readonly up: boolean;
  readonly carrier: boolean;
  /** Whether a holder has its queues. Undefined if the holder does not answer. */
  readonly held: boolean | undefined;
  /**
   * By queue, how many processes read it. A process that attached queues without a holder counts as the reader of each.
   * Undefined if the holder does not answer.
   */
  readonly readers: readonly number[] | undefined;
  /** Whether rtap has set an address filter. */
  readonly filtered: boolean;
}

/** What the metrics say of a device. */
export interface DeviceMetrics {
  /** The label of the device: its name. No two devices of a reading have the same. */
  readonly label: string;
  readonly statistics: DeviceStatistics;
  /** Undefined if the device was deleted during the reading. */
  readonly state: DeviceState | undefined;
}

/**
 * Reads the metrics of the TAPs `names`, or of all TAPs of the network namespace if there are no names. Needs no privilege. Throws
 * for a name that no TAP has, unless `onAbsent` takes it.
 */
export async function readDeviceMetrics(
  names: readonly string[],
  options: { readonly onAbsent?: (name: string) => void } = {},
): Promise<DeviceMetrics[]> {
  const all = names.length === 0 ? readAllStatistics() : readStatisticsOf(names, options);
  const states = await readStates(all.map(({ ifindex }) => ifindex));
  const labels = labelsOf(all);
  return all.map((statistics, index) => ({
    label: labels[index]!,
    statistics,
    state: states.get(statistics.ifindex),
  }));
}

/**
 * The labels of devices, in their order. Different names can look alike when control characters are escaped and bytes that are no
 * UTF-8 are replaced: then the later one has its index beside it, behind a space, which no name contains.
 */
export function labelsOf(devices: readonly Pick<DeviceStatistics, 'name' | 'ifindex'>[]): string[] {
  const taken = new Set<string>();
  return devices.map(({ name, ifindex }) => {
    const text = printableName(name);
    const label = taken.has(text) ? `${text} (${ifindex})` : text;
    taken.add(text);
    return label;
  });
}

async function readStates(ifindexes: readonly number[]): Promise<ReadonlyMap<number, DeviceState>> {
  const links = readLinks(ifindexes);
  const attached = links.filter(({ tun }) => (tun?.queues ?? 0) > 0).map(({ index }) => index);
  const holders = await queryHolders(attached, ANSWER_MS);
  return new Map(links.map((link) => [link.index, stateOf(link, holders.get(link.index))]));
}

function readLinks(ifindexes: readonly number[]): Link[] {
  using links = Links.open();
  return ifindexes.map((ifindex) => links.byIndex(ifindex)).filter((link) => link !== undefined);
}

/** @param holder undefined if no process has a queue attached */
function stateOf(link: Link, holder: QueriedHolder | undefined): DeviceState {
  const isKnown = holder !== 'unknown';
  return {
    up: (link.flags & IFF_UP) !== 0,
    carrier: link.carrier,
    held: isKnown ? typeof holder === 'object' : undefined,
    readers: isKnown ? readersOf(link, holder) : undefined,
    filtered: readAddressFilter(link) !== undefined,
  };
}

function readersOf(link: Link, holder: Exclude<QueriedHolder, 'unknown'> | undefined): number[] {
  if (holder === undefined) return Array.from({ length: queueCountOf(link) }, () => 0);
  if (holder === 'absent') return Array.from({ length: link.tun?.queues ?? 0 }, () => 1);
  const readers = Array.from({ length: holder.queues }, () => 0);
  for (const queue of holder.leases.flatMap(({ queues }) => queues))
    readers[queue] = (readers[queue] ?? 0) + 1;
  return readers;
}
