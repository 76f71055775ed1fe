import { describeUnread } from '../device/missed-packets.js';
import { blocksFor, drawGraph } from '../output/block-graph.js';
import { printableName } from '../output/escapes.js';
import { plural } from '../output/plural.js';
import { formatBitRate, formatPacketRate } from '../output/rate-text.js';
import type { Style } from '../output/style.js';
import { fitParts, fitText, type LinePart } from '../output/text-width.js';
import type { QueueReaders } from './queue-readers.js';
import type { RateHistory } from './rate-history.js';
import { AUTOMATIC, orderQueues, type RateOrder } from './rate-order.js';
import type { DeviceRates, DirectionRate, QueueDirectionRate, QueueRate } from './rate-sample.js';

/** A device whose rates are drawn. */
export interface RatedDevice {
  readonly rates: DeviceRates;
  readonly history: RateHistory;
  /** Undefined if the table has no column for them. */
  readonly readers?: QueueReaders | undefined;
}

/** How a table is drawn. */
export interface TableFormat {
  readonly style: Style;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Whether the table has the readers of the queues. @default false */
  readonly readers?: boolean;
  /** @default AUTOMATIC */
  readonly order?: RateOrder;
}

interface Column {
  readonly head: string;
  readonly width: number;
  readonly side: 'left' | 'right';
  readonly cell: (queue: QueueRate, device: RatedDevice, width: number) => string;
}

/** Below it the table has neither shares nor their bars. */
const SHARE_COLUMNS_MIN = 60;
/** What bits a second need, without and with a column for readers. */
const BITS_COLUMNS_MIN = 80;
const BITS_AND_READERS_COLUMNS_MIN = 104;

const BLOCKS = blocksFor(process.env);
const NO_READER = 'no reader';

/** The head of a table, in one row. */
export function describeHead(format: TableFormat): string {
  const cells = columnsOf(format).map(({ head, width, side }) => fitText(head, width, side));
  return format.style.bold(fitText(cells.join(gapOf(format)), format.columns));
}

/** The rates of a device in one row, those of all programs, as the kernel counts them. Missed packets come first. */
export function describeTitle({ rates }: RatedDevice, { style, columns }: TableFormat): string {
  const { name, unread = [], missedPerSecond, kernel } = rates;
  const cause = missedPerSecond === 0 || unread.length === 0 ? '' : ` (${describeUnread(unread)})`;
  const parts: LinePart[] = [
    { text: printableName(name), paint: style.bold },
    { text: ' ' },
    ...describeTraffic({ missedPerSecond, ...kernel }, style),
    { text: cause, paint: style.yellow },
  ];
  return fitParts(parts, columns);
}

/** `missed 1.4 kpps, rx 429 pps, 336.0 kbit/s, tx 0 pps, 0 bit/s`; missed packets in colour. */
export function describeTraffic({ missedPerSecond, rx, tx }: TrafficRates, style: Style): LinePart[] {
  const paint = missedPerSecond > 0 ? style.red : undefined;
  return [
    { text: `missed ${formatPacketRate(missedPerSecond)}`, paint },
    { text: `, rx ${inPackets(rx)}, tx ${inPackets(tx)}` },
  ];
}

/** Rates of a device, or of several. */
export interface TrafficRates {
  readonly missedPerSecond: number;
  readonly rx: Pick<DirectionRate, 'packetsPerSecond' | 'bitsPerSecond'>;
  readonly tx: Pick<DirectionRate, 'packetsPerSecond' | 'bitsPerSecond'>;
}

/** A row for each queue, `rowsMax` at most. If there are more queues, the last row has the number of those without a row. */
export function describeQueueRates(device: RatedDevice, format: TableFormat, rowsMax: number): string[] {
  const { queues } = device.rates;
  const isCrowded = queues.length > rowsMax;
  const room = Math.max(isCrowded ? rowsMax - 1 : rowsMax, 0);
  const shown = orderQueues(queues, format.order ?? AUTOMATIC, room);
  const rows = shown.map((queue) => describeQueue(queue, device, format));
  const hidden = queues.length - shown.length;
  return isCrowded && rowsMax > 0 ? [...rows, fitText(plural(hidden, 'more queue'), format.columns)] : rows;
}

function describeQueue(queue: QueueRate, device: RatedDevice, format: TableFormat): string {
  const gap = gapOf(format);
  const parts = columnsOf(format).flatMap(({ width, side, cell }, index): LinePart[] => {
    const text = fitText(cell(queue, device, width), width, side);
    const paint = text.startsWith(NO_READER) ? format.style.yellow : undefined;
    return [...(index === 0 ? [] : [{ text: gap }]), { text, paint }];
  });
  return fitParts(parts, format.columns);
}

function gapOf({ columns }: TableFormat): string {
  return columns < SHARE_COLUMNS_MIN ? ' ' : '  ';
}

/** Bars, histories and readers share what the other columns leave. */
function columnsOf(format: TableFormat): Column[] {
  const { columns, readers = false } = format;
  const hasShare = columns >= SHARE_COLUMNS_MIN;
  const hasBits = columns >= (readers ? BITS_AND_READERS_COLUMNS_MIN : BITS_COLUMNS_MIN);
  const fixed = [
    number('QUEUE', hasShare ? 5 : 3, ({ queue }) => String(queue)),
    number('RX PACKETS', 10, ({ rx }) => formatPacketRate(rx.packetsPerSecond)),
    ...(hasBits ? [number('RX BITS', 12, ({ rx }) => bitsOf(rx))] : []),
    number('TX PACKETS', 10, ({ tx }) => formatPacketRate(tx.packetsPerSecond)),
    ...(hasBits ? [number('TX BITS', 12, ({ tx }) => bitsOf(tx))] : []),
    ...(hasShare ? [number('SHARE', 5, ({ share }) => `${Math.round(share * 100)}%`)] : []),
  ];
  const flexible = 1 + Number(hasShare) + Number(readers);
  const gaps = (fixed.length + flexible - 1) * gapOf(format).length;
  const rest = Math.max(columns - gaps - fixed.reduce((sum, { width }) => sum + width, 0), 0);
  const bar = hasShare ? Math.floor(rest * (readers ? 0.25 : 0.4)) : 0;
  const history = readers ? Math.floor((rest - bar) * 0.45) : rest - bar;
  return [
    ...fixed,
    ...(hasShare ? [text('', bar, ({ share }, _, width) => '#'.repeat(Math.round(share * width)))] : []),
    text('HISTORY', history, ({ queue }, device, width) =>
      drawGraph(device.history.of(queue), device.history.most, width, BLOCKS),
    ),
    ...(readers ? [text('READER', rest - bar - history, readerOf)] : []),
  ];
}

/** '' until the readers are known. */
function readerOf({ queue }: QueueRate, { readers }: RatedDevice): string {
  return readers === undefined ? '' : (readers(queue) ?? NO_READER);
}

function bitsOf({ bitsPerSecond }: QueueDirectionRate): string {
  return bitsPerSecond === null ? '-' : formatBitRate(bitsPerSecond);
}

function number(head: string, width: number, cell: Column['cell']): Column {
  return { head, width, side: 'right', cell };
}

function text(head: string, width: number, cell: Column['cell']): Column {
  return { head, width, side: 'left', cell };
}

function inPackets({ packetsPerSecond, bitsPerSecond }: TrafficRates['rx']): string {
  return `${formatPacketRate(packetsPerSecond)}, ${formatBitRate(bitsPerSecond)}`;
}
