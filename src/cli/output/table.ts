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
 * Most rows that cli-table3 lays out. It compares each cell with all others, and takes 12 microseconds a cell beside that, in
 * the first some ten times as much: 1,000 rows took half a second. Of a longer table it lays out the head, and further rows
 * are filled to the same widths.
 */
const ROWS_LAID_OUT_MAX = 16;

/** What a colour begins with. */
const ESCAPE = '\x1b';

export interface TableOptions {
  /** First column whose cells are numbers, aligned to the right. @default none */
  readonly numbersFrom?: number;
}

/** Rows in columns, without borders; the first row is the head. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const widths = columnWidths(rows);
  // Of a character that is not plain only cli-table3 knows how wide it is, and it looks at a table as a whole.
  if (widths === undefined) return withoutTrailingSpaces(layOut(rows, [], options));
  const laidOut = rows.length > ROWS_LAID_OUT_MAX ? 1 : rows.length;
  const lines = [withoutTrailingSpaces(layOut(rows.slice(0, laidOut), widths, options))];
  for (let index = laidOut; index < rows.length; index++) lines.push(fill(rows[index]!, widths, options));
  return lines.join('\n');
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
  let line = '';
  for (let column = 0; column < row.length; column++) {
    const cell = row[column]!;
    const width = widths[column]! + cell.length - withoutColour(cell).length;
    if (column > 0) line += GAP;
    line += column >= numbersFrom ? cell.padStart(width) : cell.padEnd(width);
  }
  return line.trimEnd();
}

/** Looks for a colour first: to take it away costs a microsecond, and most cells have none. */
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

/** Characters of the widest cell of each column; undefined where some are not plain. */
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
