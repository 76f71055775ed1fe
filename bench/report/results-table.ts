import type { MissingRow, RowResult } from '../row-result.js';
import { writeComparison, writeFigure, writeLimit } from './figure.js';

/** Writes a line for each row, for a terminal. */
export function writeTable(measured: readonly RowResult[], missing: readonly MissingRow[]): string {
  const lines = measured.map((row) => [
    row.name,
    `${row.ours.label}: ${writeFigure(row.ours.median, row.unit)}`,
    row.theirs === undefined ? '' : `${row.theirs.label}: ${writeFigure(row.theirs.median, row.unit)}`,
    row.theirs === undefined ? '' : writeComparison(row),
    writeLimit(row),
    row.limit === undefined ? '' : row.reached ? 'reached' : row.broken ? 'BROKEN' : 'not reached',
  ]);
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const rows = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [...rows, ...missing.map(({ name, reason }) => `${name}: not measured: ${reason}`)].join('\n');
}
