import { printableName } from '../output/escapes.js';
import type { Style } from '../output/style.js';
import { formatTable } from '../output/table.js';
import type { DeviceRates, DirectionRate, QueueRate } from './rate-sample.js';

const HEAD = ['QUEUE', 'RX PPS', 'RX BIT/S', 'TX PPS', 'TX BIT/S', 'SHARE', ''];
const BAR_WIDTH = 20;
const UNITS = ['', 'k', 'M', 'G', 'T'];

/** One object of `rtap stats --watch --json`. */
export function ratesJson(rates: DeviceRates, time: Date) {
  const { name, ifindex, seconds, rx, tx, missed, missedPerSecond, queues } = rates;
  return {
    time: time.toISOString(),
    ifname: name,
    ifindex,
    seconds,
    rx: { ...rx, missed, missedPerSecond },
    tx,
    queues,
  };
}

/** One line for a pipe: the device's rates, then the share of each queue that had frames. */
export function describeRatesInLine(rates: DeviceRates, time: Date): string {
  const shares = rates.queues
    .filter(({ share }) => share > 0)
    .map(({ queue, share }) => ` q${queue} ${percent(share)}`);
  const clock = time.toISOString().replace('T', ' ').replace('Z', '');
  return `${clock} ${printableName(rates.name)} ${inWords(rates)}${shares.length === 0 ? '' : `:${shares.join('')}`}`;
}

/**
 * A table for a terminal: the device's rates, then a row with a bar for each queue. At most `rowsMax` rows in all.
 */
export function describeRates(rates: DeviceRates, style: Style, rowsMax: number): string {
  const { name, queues, missedPerSecond } = rates;
  const title = `${style.bold(printableName(name))} ${inWords(rates, missedPerSecond > 0 ? style.red : String)}`;
  const room = Math.max(rowsMax - 2, 1);
  // The last row says how many queues are left out.
  const shown = queues.length <= room ? queues : queues.slice(0, Math.max(room - 1, 0));
  const table = formatTable([HEAD.map((word) => style.bold(word)), ...shown.map(rowOf)], { numbersFrom: 0 });
  const hidden = queues.length - shown.length;
  return [title, table, ...(hidden > 0 ? [`${hidden} more queues: --json has all`] : [])].join('\n');
}

function inWords(rates: DeviceRates, colour: (text: string) => string = String): string {
  const missed = colour(`missed ${shortNumber(rates.missedPerSecond)}/s`);
  return `rx ${inPackets(rates.rx)}, ${missed}; tx ${inPackets(rates.tx)}`;
}

function inPackets({ packetsPerSecond, bitsPerSecond }: DirectionRate): string {
  return `${shortNumber(packetsPerSecond)} pps ${shortNumber(bitsPerSecond)} bit/s`;
}

function rowOf({ queue, share, rx, tx }: QueueRate): string[] {
  const rates = [rx.packetsPerSecond, rx.bitsPerSecond, tx.packetsPerSecond, tx.bitsPerSecond];
  const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH);
  return [String(queue), ...rates.map(shortNumber), percent(share), bar];
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Three digits and a decimal factor: `999`, `1.23k`, `12.3M`, `123G`. */
export function shortNumber(value: number): string {
  let unit = 0;
  let scaled = value;
  // A value that would be rounded up to 1000 gets the next unit.
  while (scaled >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  if (unit === 0) return String(Math.round(value));
  const decimals = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(decimals)}${UNITS[unit]}`;
}
