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
 * Most rows that cli-table3 lays out. It compares each cell with all others and takes another 12 microseconds a cell, ten
 * times as much for the first ones: half a second for 1,000 rows. It lays out only the head of a longer table. The other
 * rows are padded to the same widths.
 */
const ROWS_LAID_OUT_MAX = 16;

/** Starts the code of a colour. */
const ESCAPE = '\x1b';

export interface TableOptions {
  /** First column whose cells are numbers, aligned to the right. @default none */
  readonly numbersFrom?: number;
}

/** Rows in columns without borders. The first row is the head. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const widths = columnWidths(rows);
  // Only cli-table3 knows how wide characters beyond ASCII are, and it needs the whole table for that.
  if (widths === undefined) return withoutTrailingSpaces(layOut(rows, [], options));
  const laidOut = rows.length > ROWS_LAID_OUT_MAX ? 1 : rows.length;
  const lines = [withoutTrailingSpaces(layOut(rows.slice(0, laidOut), widths, options))];
  for (let index = laidOut; index < rows.length; index++) lines.push(fill(rows[index]!, widths, options));
  return lines.join('\n');
}

function withoutTrailingSpaces(text: string): string {
  return text.replace(/ +$/gm, '');
}

/** A row of ASCII cells, padded. */
function fill(
  row: readonly string[],
  widths: readonly number[],
  { numbersFrom = Number.POSITIVE_INFINITY }: TableOptions,
): string {
  let line = '';
  for (let column = 0; column < row.length; column++) {
    const cell = row[column]!;
    const width = widths[column]! + cell.length - withoutColour(cell).length;
    if (column > 0) line += GAP;
    line += column >= numbersFrom ? cell.padStart(width) : cell.padEnd(width);
  }
  return line.trimEnd();
}

/** Looks for a colour first: removing it takes a microsecond, and most cells have none. */
function withoutColour(cell: string): string {
  return cell.includes(ESCAPE) ? stripVTControlCharacters(cell) : cell;
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

/** Characters of the widest cell of each column; undefined if some are beyond ASCII. */
function columnWidths(rows: readonly (readonly string[])[]): number[] | undefined {
  const widths: number[] = [];
  for (const row of rows) {
    if (!/^[ -~]*$/.test(withoutColour(row.join('')))) return undefined;
    for (let column = 0; column < row.length; column++) {
      widths[column] = Math.max(widths[column] ?? 0, withoutColour(row[column]!).length);
    }
  }
  return widths;
}
