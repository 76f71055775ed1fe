import { ROW_NAMES } from '../contests.js';
import type { RowResult } from '../row-result.js';
import { writeComparison, writeFigure, writeLimit, writePerformance } from './figure.js';
import { kindOf, writeCallCost } from './machine.js';
import type { Results } from './results.js';

/** Least dashes below a head: fewer make no table in Markdown. */
const RULE_MIN = 3;

const HEAD = `# Results of the bench

Written by \`npm run bench\` from the files in results/; do not edit. There is a file for each kind of machine, by its processor and
by what a system call costs. A run replaces the results of its own kind. Only ratios can be compared between machines.

rtap and its peers take turns in one run, in network namespaces of their own. A ratio is that of the two figures of one round, and
the median of all rounds: what slows the machine for a while slows both. "CPU" behind it is the ratio by processor time for each frame.
"liburing in C" makes the same calls as rtap with the same bursts.
`;

const FIGURES_HEAD = `A figure is the median of all rounds, with the least and the most in brackets. "CPU" is processor time of the program for
each frame, in microseconds. "90 %" is the 90th percentile.
`;

/** Writes bench/RESULTS.md: the ratios of all kinds of machine side by side, then the figures of each. */
export function writePage(all: readonly Results[]): string {
  return [HEAD, writeRatiosOf(all), FIGURES_HEAD, ...all.map(writeKind)].join('\n');
}

/** Returns each row once, in its newest form and in the order of the contests. */
export function rowsOf(all: readonly Results[]): RowResult[] {
  const newestFirst = all.toSorted((a, b) => b.machine.date.localeCompare(a.machine.date));
  const rows = newestFirst.flatMap(({ measured }) => measured);
  return ROW_NAMES.flatMap((wanted) => rows.find(({ name }) => name === wanted) ?? []);
}

function writeRatiosOf(all: readonly Results[]): string {
  const head = ['row', 'work', 'beside', 'to reach', ...all.map(({ machine }) => kindOf(machine))];
  const rows = rowsOf(all).map((row) => [
    row.name,
    row.work,
    row.theirs?.label ?? '',
    writeLimit(row),
    ...all.map(({ measured }) => writeVerdict(measured.find(({ name }) => name === row.name))),
  ]);
  return writeTable(head, rows);
}

function writeVerdict(row: RowResult | undefined): string {
  if (row === undefined) return '';
  const value = row.theirs === undefined ? writeFigure(row.ours.median, row.unit) : writeComparison(row);
  return row.reached ? value : `${value}, **not reached**`;
}

function writeKind({ machine, rounds, loads: [before, after], measured, missing, remark }: Results): string {
  const facts = [
    ...(remark === undefined ? [] : [`- ${remark}`]),
    `- date: ${machine.date}; ${rounds} rounds`,
    `- machine: ${machine.cores} cores, ${machine.processor}, ${(machine.memoryBytes / 1e9).toFixed(0)} GB; a system call takes ${writeCallCost(machine)}`,
    `- load: ${before.toFixed(2)} before the run, ${after.toFixed(2)} after it; the bench itself makes one or two`,
    `- system: ${machine.kernel}, ${machine.system}`,
    `- versions: ${machine.versions.join(', ')}`,
    ...missing.map(({ name, work, reason }) => `- not measured: ${name} (${work}): ${reason}`),
  ];
  const rows = measured.map((row) => [
    row.name,
    writePerformance(row.ours, row.unit),
    row.theirs === undefined ? '' : `${row.theirs.label}: ${writePerformance(row.theirs, row.unit)}`,
  ]);
  return [
    `## ${kindOf(machine)}\n`,
    `${facts.join('\n')}\n`,
    writeTable(['row', 'rtap', 'beside'], rows),
  ].join('\n');
}

/** Columns are as wide as their widest cell, as the format check wants. */
function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(RULE_MIN, ...[head, ...rows].map((cells) => cells[column]!.length)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  const lines = [head, rule, ...rows].map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  return `${lines.join('\n')}\n`;
}
