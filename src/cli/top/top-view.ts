import { printableName } from '../output/escapes.js';
import { plural } from '../output/plural.js';
import type { Style } from '../output/style.js';
import { fitParts, fitText } from '../output/text-width.js';
import { orderDevices, type RateOrder } from '../stats/rate-order.js';
import {
  describeHead,
  describeQueueRates,
  describeTitle,
  describeTraffic,
  type RatedDevice,
  type TableFormat,
  type TrafficRates,
} from '../stats/rate-table.js';
import { shareRows } from './row-shares.js';

/** What one drawing shows. */
export interface TopView {
  readonly devices: readonly RatedDevice[];
  /** Names of devices that were given and are gone. */
  readonly absent: readonly string[];
  readonly order: RateOrder;
}

/** Where it is drawn. */
export interface TopScreen {
  readonly rows: number;
  readonly columns: number;
  readonly style: Style;
}

/** The row of the sums, the head of the columns, and the row of the keys. */
const OTHER_ROWS = 3;

/** Formats rows for the whole screen, `rows` at most, each as wide as the screen. */
export function describeTop({ devices, absent, order }: TopView, screen: TopScreen): string[] {
  const { rows, columns, style } = screen;
  const format: TableFormat = { style, columns, readers: true, order };
  const gone = absent.map((name) =>
    fitParts([{ text: `${printableName(name)} is gone`, paint: style.yellow }], columns),
  );
  const room = Math.max(rows - OTHER_ROWS - gone.length, 0);
  const table = [describeSums(devices, screen), describeHead(format), ...describeAll(devices, format, room)];
  const lines = [...table, ...gone].slice(0, Math.max(rows - 1, 0));
  return [...lines, describeKeys(order, screen)].slice(-rows);
}

function describeAll(devices: readonly RatedDevice[], format: TableFormat, room: number): string[] {
  if (devices.length === 0) return [fitText('there is no TAP device', format.columns)].slice(0, room);
  const needed = devices.map(({ rates }) => rates.queues.length);
  const isCrowded = devices.length + needed.reduce((sum, count) => sum + count, 0) > room;
  const ordered = orderDevices(devices, format.order!, isCrowded);
  // The last row has the number of devices that are left out.
  const titles = ordered.length <= room ? room : Math.max(room - 1, 0);
  const shown = ordered.slice(0, titles);
  const shares = shareRows(
    shown.map(({ rates }) => rates.queues.length),
    titles - shown.length,
  );
  const lines = shown.flatMap((device, index) => [
    describeTitle(device, format),
    ...describeQueueRates(device, format, shares[index]!),
  ]);
  const hidden = ordered.length - shown.length;
  if (hidden > 0) lines.push(fitText(plural(hidden, 'more device'), format.columns));
  return lines;
}

function describeSums(devices: readonly RatedDevice[], { columns, style }: TopScreen): string {
  const rates = devices.map(({ rates: { missedPerSecond, kernel } }) => ({ missedPerSecond, ...kernel }));
  const sums = rates.reduce(addRates, { missedPerSecond: 0, rx: NO_RATE, tx: NO_RATE });
  const count = { text: `${plural(devices.length, 'device')}: ` };
  return fitParts([count, ...describeTraffic(sums, style)], columns);
}

const NO_RATE: TrafficRates['rx'] = { packetsPerSecond: 0, bitsPerSecond: 0 };

function addRates(sum: TrafficRates, rates: TrafficRates): TrafficRates {
  const add = (direction: 'rx' | 'tx') => ({
    packetsPerSecond: sum[direction].packetsPerSecond + rates[direction].packetsPerSecond,
    bitsPerSecond: sum[direction].bitsPerSecond + rates[direction].bitsPerSecond,
  });
  return { missedPerSecond: sum.missedPerSecond + rates.missedPerSecond, rx: add('rx'), tx: add('tx') };
}

function describeKeys({ by, reversed }: RateOrder, { columns, style }: TopScreen): string {
  const text = `q quit  s order: ${by}${reversed ? ', reversed' : ''}  arrows: order, direction`;
  return fitParts([{ text, paint: style.dim }], columns);
}
