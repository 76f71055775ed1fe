import type { RowResult } from '../row-result.js';
import { writeFigure, writeLimit, writeRatio } from './figure.js';
import { kindOf } from './machine.js';
import type { Results } from './results.js';
import { rowsOf } from './results-page.js';

/** Pixels. */
const WIDTH = 860;
const NAME_LEFT = 12;
const AXIS_LEFT = 300;
const AXIS_WIDTH = 300;
const FIGURE_LEFT = AXIS_LEFT + AXIS_WIDTH + 12;
const BAR_HEIGHT = 10;
const LINE = 14;
const GAP = 10;
const LEGEND_TOP = 40;

/** Ends of the logarithmic axis: rtap divided by the other program. */
const RATIO_MIN = 0.5;
const RATIO_MAX = 16;
const TICKS: readonly number[] = [0.5, 1, 2, 4, 8, 16];

/** Colours that are legible on white and on black. Only the text changes with the background. */
const STYLE =
  'text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.s,.f{font-size:11px}.s{fill:#59636e}.r{stroke:#bf8700;stroke-width:2}.w{stroke:#1f2328}.g{stroke:#8b949e;stroke-opacity:.35}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}.w{stroke:#e6edf3}}';

/** A colour for each kind of machine. */
const COLOURS = ['#2f81f7', '#8957e5', '#2da44e', '#8b949e', '#db61a2'];

const TITLE = 'rtap divided by the program beside it, medians; the brown mark is the goal';

/** Draws all rows as one SVG picture. Each kind of machine has a bar from 1 to its ratio. */
export function drawChart(all: readonly Results[]): string {
  const top = LEGEND_TOP + all.length * LINE + 34;
  // A row has a line for its name and one for its peer.
  const pitch = Math.max(all.length, 2) * LINE + GAP;
  const height = rowsOf(all).length * pitch + top;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="rtap divided by other programs, all rows of the bench">`,
    `<style>${STYLE}</style>`,
    text(NAME_LEFT, 22, 't', TITLE),
    ...all.flatMap(({ machine }, kind) => drawLegend(kindOf(machine), kind)),
    ...TICKS.flatMap((ratio) => drawTick(ratio, top, height)),
    ...rowsOf(all).flatMap((row, index) => drawRow(row, all, top + index * pitch)),
    '</svg>\n',
  ].join('\n');
}

function drawLegend(name: string, kind: number): string[] {
  const top = LEGEND_TOP + kind * LINE;
  return [drawBar(NAME_LEFT, top, 20, kind), text(NAME_LEFT + 28, top + BAR_HEIGHT - 1, 'f', name)];
}

function drawTick(ratio: number, top: number, height: number): string[] {
  const x = place(ratio);
  const label = `<text x="${x}" y="${top - 18}" class="s" text-anchor="middle">${ratio}</text>`;
  return [label, `<path class="${ratio === 1 ? 'w' : 'g'}" d="M${x} ${top - 12}V${height - 8}"/>`];
}

function drawRow(row: RowResult, all: readonly Results[], top: number): string[] {
  const bars = all.flatMap(({ measured }, kind) => {
    const own = measured.find(({ name }) => name === row.name);
    return own === undefined ? [] : drawResult(own, top + kind * LINE, kind);
  });
  const name = text(NAME_LEFT, top + BAR_HEIGHT, '', row.name);
  const peer = [row.theirs?.label ?? '', row.lessIsBetter ? 'less is better' : ''].filter(Boolean).join(', ');
  const beside = text(NAME_LEFT, top + BAR_HEIGHT + LINE, 's', peer);
  if (row.theirs === undefined || row.limit === undefined) return [name, beside, ...bars];
  const mark = `<path class="r" d="M${place(row.limit)} ${top - 2}v${all.length * LINE}"/>`;
  return [name, beside, ...bars, mark];
}

function drawResult(row: RowResult, top: number, kind: number): string[] {
  const verdict = row.reached ? '' : ` (goal ${writeLimit(row)})`;
  const figure =
    row.theirs === undefined ? writeFigure(row.ours.median, row.unit) : writeRatio(row.ratio.median);
  const written = text(FIGURE_LEFT, top + BAR_HEIGHT - 1, 'f', `${figure}${verdict}`);
  if (row.theirs === undefined) return [written];
  const [left, right] = [Number(place(1)), Number(place(row.ratio.median))].sort((a, b) => a - b);
  return [drawBar(left!, top, Math.max(right! - left!, 1), kind), written];
}

function drawBar(left: number, top: number, width: number, kind: number): string {
  const size = `width="${width.toFixed(1)}" height="${BAR_HEIGHT}"`;
  return `<rect x="${left}" y="${top}" ${size} fill="${COLOURS[kind % COLOURS.length]}"/>`;
}

/** Returns the x coordinate of a ratio. A ratio beyond an end of the axis is drawn at the end. */
function place(ratio: number): string {
  const bounded = Math.min(Math.max(ratio, RATIO_MIN), RATIO_MAX);
  const share = Math.log2(bounded / RATIO_MIN) / Math.log2(RATIO_MAX / RATIO_MIN);
  return (AXIS_LEFT + share * AXIS_WIDTH).toFixed(1);
}

/** Writes a line of text at a place, in a class of STYLE. */
function text(x: number, y: number, style: string, words: string): string {
  return `<text x="${x}" y="${y}"${style === '' ? '' : ` class="${style}"`}>${escapeXml(words)}</text>`;
}

function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
