import { describeUnread } from '../device/missed-packets.js';
import { formatDateTime } from '../output/date-time.js';
import { printableName } from '../output/escapes.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';
import type { DeviceRates, DirectionRate, QueueDirectionRate, QueueRate } from './rate-sample.js';

const HEAD = ['QUEUE', 'RX PACKETS', 'RX BITS', 'TX PACKETS', 'TX BITS', 'SHARE', ''];
const BAR_WIDTH = 20;

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

/**
 * A table for a terminal: the device's rates, then a row with a bar for each queue. At most `rowsMax` rows in all.
 */
export function describeRates(rates: DeviceRates, style: Style, rowsMax: number): string {
  const { name, queues, missedPerSecond } = rates;
  const title = `${style.bold(printableName(name))} ${inWords(rates, missedPerSecond > 0 ? style.red : String)}`;
  const room = Math.max(rowsMax - 2, 1);
  // The last row has the number of queues that are left out.
  const shown = queues.length <= room ? queues : queues.slice(0, Math.max(room - 1, 0));
  const table = formatTable([HEAD.map((word) => style.bold(word)), ...shown.map(rowOf)], { numbersFrom: 0 });
  const hidden = queues.length - shown.length;
  return [title, table, ...(hidden > 0 ? [`${hidden} more queues: --json prints all of them`] : [])].join(
    '\n',
  );
}

function inWords(rates: DeviceRates, colour: (text: string) => string = String): string {
  const { unread = [] } = rates;
  const cause = unread.length === 0 ? '' : ` (${describeUnread(unread)})`;
  const missed = colour(`missed ${formatPacketRate(rates.missedPerSecond)}${cause}`);
  return `rx ${inPackets(rates.rx)}, ${missed}; tx ${inPackets(rates.tx)}`;
}

function inPackets({ packetsPerSecond, bitsPerSecond }: DirectionRate): string {
  return `${formatPacketRate(packetsPerSecond)}, ${formatBitRate(bitsPerSecond)}`;
}

function rowOf({ queue, share, rx, tx }: QueueRate): string[] {
  const rates = [rx, tx].flatMap(cellsOf);
  const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH);
  return [String(queue), ...rates, percent(share), bar];
}

function cellsOf({ packetsPerSecond, bitsPerSecond }: QueueDirectionRate): string[] {
  return [formatPacketRate(packetsPerSecond), bitsPerSecond === null ? '-' : formatBitRate(bitsPerSecond)];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
