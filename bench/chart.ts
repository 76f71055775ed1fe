import { writeFigure, writeRatio } from './figure.js';
import { STYLE, text } from './graph.js';
import type { RowResult } from './row-result.js';

/** Pixels. */
const WIDTH = 860;
const NAME_LEFT = 12;
const AXIS_LEFT = 380;
const AXIS_WIDTH = 300;
const FIGURE_LEFT = AXIS_LEFT + AXIS_WIDTH + 12;
const LINE = 24;
const BAR_HEIGHT = 14;
const TOP = 64;

/** Ends of the logarithmic axis: rtap divided by the other program. */
const RATIO_MIN = 0.5;
const RATIO_MAX = 16;
const TICKS: readonly number[] = [0.5, 1, 2, 4, 8, 16];

/** Draws all rows as one SVG picture: a bar from 1 to the median ratio, and a mark at the limit. */
export function drawChart(rows: readonly RowResult[]): string {
  const height = TOP + rows.length * LINE + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="rtap divided by other programs, all rows of the bench">`,
    `<style>${STYLE}</style>`,
    text(NAME_LEFT, 22, 't', 'rtap divided by the program beside it, medians; the brown mark is the goal'),
    ...TICKS.flatMap((ratio) => drawTick(ratio, height)),
    ...rows.flatMap((row, index) => drawLine(row, TOP + index * LINE)),
    '</svg>\n',
  ].join('\n');
}

function drawTick(ratio: number, height: number): string[] {
  const x = place(ratio);
  const label = `<text x="${x}" y="46" class="s" text-anchor="middle">${ratio}</text>`;
  return [label, `<path class="${ratio === 1 ? 'w' : 'g'}" d="M${x} 52V${height - 8}"/>`];
}

function drawLine(row: RowResult, top: number): string[] {
  const baseline = top + BAR_HEIGHT - 2;
  const name = text(NAME_LEFT, baseline, '', nameOf(row));
  const verdict = row.reached ? '' : ` (goal ${writeGoal(row)})`;
  if (row.theirs === undefined)
    return [name, text(FIGURE_LEFT, baseline, '', `${writeFigure(row.ours.median, row.unit)}${verdict}`)];
  const [left, right] = [place(1), place(row.ratio.median)].map(Number).sort((a, b) => a - b);
  const limit = place(row.limit);
  return [
    name,
    `<rect class="o" x="${left}" y="${top}" width="${Math.max(right! - left!, 1).toFixed(1)}" height="${BAR_HEIGHT}"/>`,
    `<path class="r" d="M${limit} ${top - 2}v${BAR_HEIGHT + 4}"/>`,
    text(FIGURE_LEFT, baseline, '', `${writeRatio(row.ratio.median)}${verdict}`),
  ];
}

function writeGoal({ limit, theirs, unit }: RowResult): string {
  return theirs === undefined ? writeFigure(limit, unit) : writeRatio(limit);
}

function nameOf({ name, lessIsBetter, theirs }: RowResult): string {
  const peer = theirs === undefined ? '' : `: ${theirs.label}`;
  return `${name}${peer}${lessIsBetter ? ', less is better' : ''}`;
}

/** Returns the x coordinate of a ratio. A ratio beyond an end of the axis is drawn at the end. */
function place(ratio: number): string {
  const bounded = Math.min(Math.max(ratio, RATIO_MIN), RATIO_MAX);
  const share = Math.log2(bounded / RATIO_MIN) / Math.log2(RATIO_MAX / RATIO_MIN);
  return (AXIS_LEFT + share * AXIS_WIDTH).toFixed(1);
}
