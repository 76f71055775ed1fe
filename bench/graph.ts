import { writeFigure, writeLimit, writeRatio } from './figure.js';
import type { Performance, RowResult } from './row-result.js';

/** Pixels. */
const WIDTH = 720;
const LEFT = 12;
const BAR_LEFT = 300;
const BAR_WIDTH = 270;
const BAR_HEIGHT = 18;
const LINE = 30;
const TOP = 44;

/** Colours that are legible on white and on black. Only the text changes with the background. */
export const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.s{fill:#59636e}.o{fill:#2f81f7}.p{fill:#8b949e}.r{stroke:#bf8700;stroke-width:2}.w{stroke:#1f2328}.g{stroke:#8b949e;stroke-opacity:.35}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}.w{stroke:#e6edf3}}`;

/** Draws the bars of a row as an SVG picture: medians, with the least and the most of all rounds as a thin line. */
export function drawRow(row: RowResult): string {
  const bars = row.theirs === undefined ? [row.ours] : [row.ours, row.theirs];
  const longest = Math.max(...bars.map(({ most }) => most), row.limitValue) || 1;
  const scale = BAR_WIDTH / longest;
  const height = TOP + bars.length * LINE + LINE;
  const lines = bars.flatMap((bar, at) => drawBar(bar, TOP + at * LINE, { row, scale, isOurs: at === 0 }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="${escapeXml(row.work)}">`,
    `<style>${STYLE}</style>`,
    text(LEFT, 22, 't', `${row.work}${row.lessIsBetter ? ' (less is better)' : ''}`),
    ...lines,
    text(LEFT, height - 10, 's', verdictOf(row)),
    '</svg>\n',
  ].join('\n');
}

interface BarPlace {
  readonly row: RowResult;
  /** Pixels for one unit. */
  readonly scale: number;
  readonly isOurs: boolean;
}

function drawBar(bar: Performance, top: number, { row, scale, isOurs }: BarPlace): string[] {
  const x = (value: number) => (BAR_LEFT + value * scale).toFixed(1);
  const middle = top + BAR_HEIGHT / 2;
  const width = Math.max(bar.median * scale, 1).toFixed(1);
  return [
    text(LEFT, middle + 5, '', bar.label),
    `<rect class="${isOurs ? 'o' : 'p'}" x="${BAR_LEFT}" y="${top}" width="${width}" height="${BAR_HEIGHT}"/>`,
    `<path class="w" d="M${x(bar.least)} ${middle}H${x(bar.most)}"/>`,
    ...(isOurs ? [drawLimit(row.limitValue * scale, top)] : []),
    text(BAR_LEFT + BAR_WIDTH + 8, middle + 5, '', writeFigure(bar.median, row.unit)),
  ];
}

/** Draws the limit of rtap's bar as a mark. */
function drawLimit(at: number, top: number): string {
  return `<path class="r" d="M${(BAR_LEFT + at).toFixed(1)} ${top - 3}v${BAR_HEIGHT + 6}"/>`;
}

function verdictOf(row: RowResult): string {
  const ratio =
    row.theirs === undefined ? writeFigure(row.ours.median, row.unit) : writeRatio(row.ratio.median);
  return `${row.theirs === undefined ? '' : 'ratio '}${ratio}; to reach: ${writeLimit(row)}`;
}

/** Writes a line of text at a place, in a class of STYLE. */
export function text(x: number, y: number, style: string, words: string): string {
  return `<text x="${x}" y="${y}"${style === '' ? '' : ` class="${style}"`}>${escapeXml(words)}</text>`;
}

function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
