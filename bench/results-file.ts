import { writeFigures, writeLimit, writeRatios } from './figure.js';
import type { Machine } from './machine.js';
import type { MissingRow, Performance, RowResult } from './row-result.js';

export interface Results {
  readonly machine: Machine;
  readonly rounds: number;
  /**
   * Average number of processes that wanted a processor, in the minute before and the minute at the end of the run.
   * The bench itself makes one or two.
   */
  readonly loads: readonly [before: number, after: number];
  readonly measured: readonly RowResult[];
  readonly missing: readonly MissingRow[];
}

/** Least dashes below a head: fewer make no table in Markdown. */
const RULE_MIN = 3;

const HEAD = `# Results of the bench

Written by \`npm run bench\`; do not edit. rtap and its peers take turns in one run, in network namespaces of their own. A figure
is the median of all rounds, with the least and the most in brackets. The ratio is that of the two figures of one round, and
again the median of all rounds: what slows the machine for a while slows both. "CPU" is processor time for each frame, in
microseconds. Figures are those of this machine at that time: only the ratios can be compared.
`;

/** Writes bench/RESULTS.md: what was measured, on which machine, and what was reached. */
export function writeResults(results: Results): string {
  const { measured, missing } = results;
  return [HEAD, describe(results), tableOf(measured), listOf(missing), graphsOf(measured)]
    .filter(Boolean)
    .join('\n');
}

function describe({ machine, rounds, loads: [before, after] }: Results): string {
  return `${[
    `- date: ${machine.date}; ${rounds} rounds`,
    `- machine: ${machine.processor}, ${(machine.memoryBytes / 1e9).toFixed(0)} GB`,
    `- load: ${before.toFixed(2)} before the run, ${after.toFixed(2)} after it; the bench itself makes one or two`,
    `- system: ${machine.kernel}, ${machine.system}`,
    `- versions: ${machine.versions.join(', ')}`,
  ].join('\n')}\n`;
}

function tableOf(measured: readonly RowResult[]): string {
  const head = ['row', 'work', 'rtap', 'beside', 'ratio', 'to reach', ''];
  const rows = measured.map((row) => [
    row.name,
    row.work,
    figures(row.ours, row),
    row.theirs === undefined ? '' : `${row.theirs.label}: ${figures(row.theirs, row)}`,
    row.theirs === undefined ? '' : writeRatios(row.ratio),
    writeLimit(row),
    row.reached ? 'reached' : '**not reached**',
  ]);
  // Columns are as wide as their widest cell, as the format check wants.
  const widths = head.map((_, column) =>
    Math.max(RULE_MIN, ...[head, ...rows].map((cells) => cells[column]!.length)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return `${[head, rule, ...rows].map((cells) => lineOf(cells, widths)).join('\n')}\n`;
}

function figures(performance: Performance, { unit }: RowResult): string {
  const text = writeFigures(performance, unit);
  const cost = performance.frameMicroseconds;
  return cost === undefined ? text : `${text}, CPU ${cost.toFixed(2)}`;
}

function listOf(missing: readonly MissingRow[]): string {
  if (missing.length === 0) return '';
  const lines = missing.map(({ name, work, reason }) => `- ${name} (${work}): ${reason}`);
  return `Not measured:\n\n${lines.join('\n')}\n`;
}

function graphsOf(measured: readonly RowResult[]): string {
  return `${measured.map(({ name, work }) => `![${work}](graphs/${name}.svg)`).join('\n')}\n`;
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
}
