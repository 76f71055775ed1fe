import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';

/** Between two columns. */
const GAP = '  ';

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
  middle: GAP,
};

/**
 * Rows that cli-table3 lays out. It compares each cell with all others, and takes 12 microseconds a cell beside that: 1,000
 * rows took half a second at once, a tenth in parts. Further rows are filled to the same widths.
 */
const ROWS_LAID_OUT = 16;

export interface TableOptions {
  /** First column whose cells are numbers, aligned to the right. @default none */
  readonly numbersFrom?: number;
}

/** Rows in columns, without borders; the first row is the head. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const widths = columnWidths(rows);
  // Of a character that is not plain only cli-table3 knows how wide it is, and it looks at a table as a whole.
  if (widths === undefined) return withoutTrailingSpaces(layOut(rows, [], options));
  const first = layOut(rows.slice(0, ROWS_LAID_OUT), widths, options);
  const others = rows.slice(ROWS_LAID_OUT).map((row) => fill(row, widths, options));
  return withoutTrailingSpaces([first, ...others].join('\n'));
}

function withoutTrailingSpaces(text: string): string {
  return text.replace(/ +$/gm, '');
}

/** A row of plain cells. */
function fill(
  row: readonly string[],
  widths: readonly number[],
  { numbersFrom = Number.POSITIVE_INFINITY }: TableOptions,
): string {
  const cells = row.map((cell, column) => {
    const space = ' '.repeat(widths[column]! - stripVTControlCharacters(cell).length);
    return column >= numbersFrom ? space + cell : cell + space;
  });
  return cells.join(GAP);
}

function layOut(
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
