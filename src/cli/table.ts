import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** cli-table3 compares each cell with all others: 1,000 rows at once take half a second. */
const ROWS_AT_ONCE = 16;

export interface TableOptions {
  /** First column whose cells are numbers, aligned to the right. @default none */
  readonly numbersFrom?: number;
}

/** Rows in columns, without borders; the first row is the head. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const widths = columnWidths(rows);
  // Of a character that is not plain only cli-table3 knows how wide it is, and it looks at a table as a whole.
  const rowsAtOnce = widths === undefined ? rows.length : ROWS_AT_ONCE;
  const parts: string[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce)
    parts.push(formatPart(rows.slice(at, at + rowsAtOnce), widths ?? [], options));
  return parts.join('\n').replace(/ +$/gm, '');
}

function formatPart(
  rows: readonly (readonly string[])[],
  colWidths: number[],
  { numbersFrom = Number.POSITIVE_INFINITY }: TableOptions,
): string {
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: (rows[0] ?? []).map((_, column) => (column >= numbersFrom ? 'right' : 'left')),
    colWidths,
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Characters of the widest cell of each column; undefined where some are not plain. */
function columnWidths(rows: readonly (readonly string[])[]): number[] | undefined {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      const text = stripVTControlCharacters(cell);
      if (!/^[ -~]*$/.test(text)) return undefined;
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    }
  }
  return widths;
}
