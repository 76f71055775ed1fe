import test from 'ava';
import { Chalk } from 'chalk';
import { formatTable } from '../../../src/cli/output/table.js';

const HEAD = ['DEVICE', 'INDEX', 'STATE'];

function rowsOf(count: number, name: (number: number) => string): string[][] {
  return Array.from({ length: count }, (_, number) => [
    name(number),
    String(number * 7),
    number % 3 ? 'up' : 'down',
  ]);
}

/** The table, formatted in a second way. */
function expectedOf(rows: readonly string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(([first, second, third]) =>
      `${first!.padEnd(widths[0]!)}  ${second!.padStart(widths[1]!)}  ${third!.padStart(widths[2]!)}`.trimEnd(),
    )
    .join('\n');
}

for (const count of [0, 1, 7, 8, 9, 50, 1000]) {
  test(`formatTable aligns all rows alike when there are ${count}`, (t) => {
    const rows = [HEAD, ...rowsOf(count, (number) => `tap${number}`)];
    t.is(formatTable(rows, { numbersFrom: 1 }), expectedOf(rows));
  });
}

test('formatTable counts no colour as width', (t) => {
  const { bold } = new Chalk({ level: 1 });
  const rows = rowsOf(30, (number) => `tap${number}`);
  const plain = formatTable([HEAD, ...rows], { numbersFrom: 1 });
  const coloured = formatTable([HEAD.map((word) => bold(word)), ...rows], { numbersFrom: 1 });
  t.is(coloured.replaceAll('\x1b[1m', '').replaceAll('\x1b[22m', ''), plain);
});

test('formatTable keeps every character of a name that is wider than it is long', (t) => {
  const rows = [HEAD, ...rowsOf(30, (number) => (number === 20 ? '網路介面' : `tap${number}`))];
  const lines = formatTable(rows, { numbersFrom: 1 }).split('\n');
  t.is(lines.length, 31);
  t.regex(lines[21]!, /^網路介面 +140 +up$/);
});

test('formatTable is empty when there are no rows', (t) => {
  t.is(formatTable([]), '');
});

test('formatTable aligns coloured rows alike when they are among the first and among the last', (t) => {
  const { bold, green, yellow } = new Chalk({ level: 1 });
  const rows = [HEAD.map((word) => bold(word))].concat(
    rowsOf(60, (number) => `tap${number}`).map(([name, index, state]) => [
      name!,
      index!,
      (state === 'up' ? green : yellow)(state!),
    ]),
  );
  const plain = [HEAD, ...rowsOf(60, (number) => `tap${number}`)];
  for (const numbersFrom of [0, 1, 3]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
    const shown = formatTable(rows, { numbersFrom }).replace(/\x1b\[\d+m/g, '');
    t.is(shown.replace(/ +$/gm, ''), formatTable(plain, { numbersFrom }));
  }
});
