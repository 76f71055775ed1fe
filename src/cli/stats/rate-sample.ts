import type { DeviceStatistics } from '../../tap/counters/device-statistics.js';
import { type QueueCounts, subtractCounts } from '../../tap/counters/queue-counts.js';

/**
 * What counts the packets of a queue. `rtap` are rtap's own counters. `sockets` are packet sockets: they count what passes the device,
 * whichever program has the queues, and know neither bytes nor errors.
 */
export type RateSource = 'rtap' | 'sockets';

/** What a device had counted at one moment. */
export interface RateSample {
  /** Milliseconds of a monotonic clock. */
  readonly timeMs: number;
  /** Since the device was made: a reset between two samples must not change them. */
  readonly statistics: DeviceStatistics;
}

/** One direction of a device or queue over an interval. */
export interface DirectionRate {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number;
}

type Counts = Pick<DirectionRate, 'packets' | 'bytes' | 'errors'>;
/** One direction of a queue over an interval. null is not known. */
export interface QueueDirectionRate {
  readonly packets: number;
  readonly bytes: number | null;
  readonly errors: number | null;
  readonly packetsPerSecond: number;
  readonly bitsPerSecond: number | null;
}

/** One queue over an interval. */
export interface QueueRate {
  readonly queue: number;
  /** Its share of the packets of all queues in both directions, from 0 to 1. */
  readonly share: number;
  readonly rx: QueueDirectionRate;
  readonly tx: QueueDirectionRate;
}

/** What a device did between two samples. */
export interface DeviceRates {
  readonly name: string;
  readonly ifindex: number;
  readonly seconds: number;
  /** What counted the packets of `queues`. With `sockets`, the kernel counted those of the device. */
  readonly source: RateSource;
  readonly rx: DirectionRate;
  readonly tx: DirectionRate;
  /** Packets that the kernel dropped because a queue was full. */
  readonly missed: number;
  readonly missedPerSecond: number;
  /** Queues without a reader. Undefined if no packet was missed, or if the holder of the device does not answer. */
  readonly unread?: readonly number[] | undefined;
  readonly queues: readonly QueueRate[];
  /** What the kernel counted, of all programs, in rtap's directions. */
  readonly kernel: { readonly rx: DirectionRate; readonly tx: DirectionRate };
}

/** The rates between two samples of one device. */
export function ratesBetween(
  before: RateSample,
  after: RateSample,
  source: RateSource = 'rtap',
): DeviceRates {
  const seconds = (after.timeMs - before.timeMs) / 1000;
  const { statistics } = after;
  const earlier = before.statistics;
  const queues = statistics.queues.map((counts, queue) => difference(counts, earlier.queues[queue]));
  const total = difference(statistics.total, earlier.total);
  const packets = queues.reduce((sum, { rxPackets, txPackets }) => sum + rxPackets + txPackets, 0);
  const known = source === 'rtap' ? (rate: DirectionRate) => rate : packetsOnly;
  const missed = Math.max(statistics.missed - earlier.missed, 0);
  return {
    name: statistics.name,
    ifindex: statistics.ifindex,
    seconds: rounded(seconds),
    source,
    rx: received(total, seconds),
    tx: sent(total, seconds),
    missed,
    missedPerSecond: rounded(missed / seconds),
    queues: queues.map((counts, queue) => ({
      queue,
      share: packets === 0 ? 0 : rounded((counts.rxPackets + counts.txPackets) / packets),
      rx: known(received(counts, seconds)),
      tx: known(sent(counts, seconds)),
    })),
    kernel: {
      rx: rateOf(kernelDifference(statistics.kernel.tx, earlier.kernel.tx), seconds),
      tx: rateOf(kernelDifference(statistics.kernel.rx, earlier.kernel.rx), seconds),
    },
  };
}

function kernelDifference(counts: Counts, earlier: Counts): Counts {
  const less = (name: keyof Counts) => Math.max(counts[name] - earlier[name], 0);
  return { packets: less('packets'), bytes: less('bytes'), errors: less('errors') };
}

function packetsOnly(rate: DirectionRate): QueueDirectionRate {
  return { ...rate, bytes: null, errors: null, bitsPerSecond: null };
}

function difference(counts: QueueCounts, earlier: QueueCounts | undefined): QueueCounts {
  const added = { ...counts };
  subtractCounts(added, earlier ?? {});
  return added;
}

function received({ rxPackets, rxBytes, rxErrors }: QueueCounts, seconds: number): DirectionRate {
  return rateOf({ packets: rxPackets, bytes: rxBytes, errors: rxErrors }, seconds);
}

function sent({ txPackets, txBytes, txErrors }: QueueCounts, seconds: number): DirectionRate {
  return rateOf({ packets: txPackets, bytes: txBytes, errors: txErrors }, seconds);
}

function rateOf({ packets, bytes, errors }: Counts, seconds: number): DirectionRate {
  return {
    packets,
    bytes,
    errors,
    packetsPerSecond: rounded(packets / seconds),
    bitsPerSecond: rounded((bytes * 8) / seconds),
  };
}

/** Rounds to three decimals: the clock is not more exact. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
