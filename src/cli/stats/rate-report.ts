import { describeUnread } from '../device/missed-packets.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { DeviceRates, DirectionRate, QueueRate } from './rate-sample.js';

/** One object of `rtap stats --watch --json`. */
export function ratesJson(rates: DeviceRates, time: Date) {
  const { name, ifindex, seconds, source, rx, tx, missed, missedPerSecond, unread, queues } = rates;
  return {
    time: time.toISOString(),
    ifname: name,
    ifindex,
    seconds,
    source,
    rx: { ...rx, missed, missedPerSecond },
    unread: unread ?? null,
    tx,
    queues,
  };
}

/** One line for a pipe: the device's rates, then the share of each queue that had frames, or its rates with `perQueue`. */
export function describeRatesInLine(rates: DeviceRates, time: Date, { perQueue = false } = {}): string {
  const describe = perQueue ? describeQueue : describeShare;
  const queues = rates.queues.filter(({ share }) => share > 0).map(describe);
  const end = queues.length === 0 ? '' : `: ${queues.join(perQueue ? ', ' : ' ')}`;
  return `${formatDateTime(time)} ${printableName(rates.name)} ${inWords(rates)}${end}`;
}

function describeShare({ queue, share }: QueueRate): string {
  return `q${queue} ${percent(share)}`;
}

function describeQueue({ queue, rx, tx }: QueueRate): string {
  return `q${queue} rx ${formatPacketRate(rx.packetsPerSecond)} tx ${formatPacketRate(tx.packetsPerSecond)}`;
}

function inWords(rates: DeviceRates): string {
  const { unread = [] } = rates;
  const cause = unread.length === 0 ? '' : ` (${describeUnread(unread)})`;
  const missed = `missed ${formatPacketRate(rates.missedPerSecond)}${cause}`;
  return `rx ${inPackets(rates.rx)}, ${missed}; tx ${inPackets(rates.tx)}`;
}

function inPackets({ packetsPerSecond, bitsPerSecond }: DirectionRate): string {
  return `${formatPacketRate(packetsPerSecond)}, ${formatBitRate(bitsPerSecond)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
