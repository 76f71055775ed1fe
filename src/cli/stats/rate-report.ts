import { describeUnread } from '../device/missed-packets.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { DeviceRates, DirectionRate } from './rate-sample.js';

/** One object of `rtap stats --watch --json`. */
export function ratesJson(rates: DeviceRates, time: Date) {
  const { name, ifindex, seconds, rx, tx, missed, missedPerSecond, unread, queues } = rates;
  return {
    time: time.toISOString(),
    ifname: name,
    ifindex,
    seconds,
    rx: { ...rx, missed, missedPerSecond },
    unread: unread ?? null,
    tx,
    queues,
  };
}

/** One line for a pipe: the device's rates, then the share of each queue that had frames. */
export function describeRatesInLine(rates: DeviceRates, time: Date): string {
  const shares = rates.queues
    .filter(({ share }) => share > 0)
    .map(({ queue, share }) => ` q${queue} ${percent(share)}`);
  return `${formatDateTime(time)} ${printableName(rates.name)} ${inWords(rates)}${shares.length === 0 ? '' : `:${shares.join('')}`}`;
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
