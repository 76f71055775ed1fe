import test from 'ava';
import fc from 'fast-check';
import { type CommandLine, CommandLines } from '../../../src/cli/batch/command-lines.js';

/** The lines of a text that comes in these pieces. */
function linesOf(pieces: readonly Uint8Array[]): CommandLine[] {
  const lines = new CommandLines();
  return [...pieces.flatMap((piece) => lines.push(piece)), ...lines.end()];
}

type Row = readonly [text: string, lines: readonly (readonly [number: number, text: string])[]];

const rows: readonly Row[] = [
  ['', []],
  ['up io0', [[1, 'up io0']]],
  ['up io0\n', [[1, 'up io0']]],
  [
    '\nup io0\n\n',
    [
      [1, ''],
      [2, 'up io0'],
      [3, ''],
    ],
  ],
  [
    'mtu \\\nio0 \\\n9000\nup io0',
    [
      [1, 'mtu \\\nio0 \\\n9000'],
      [4, 'up io0'],
    ],
  ],
  [
    '# no \\\nup io0 \\\\\n',
    [
      [1, '# no \\'],
      [2, 'up io0 \\\\'],
    ],
  ],
  [
    '\uFEFFmtu \\\r\nio0 9000\r\nup io0',
    [
      [1, 'mtu \\\nio0 9000'],
      [3, 'up io0'],
    ],
  ],
  ['up \\', [[1, 'up \\']]],
  ['up \\\n', [[1, 'up \\']]],
  [
    "a 'b\nc'",
    [
      [1, "a 'b"],
      [2, "c'"],
    ],
  ],
];

for (const [text, lines] of rows) {
  test(`CommandLines makes lines of ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(
      linesOf([Buffer.from(text)]),
      lines.map(([number, line]) => ({ number, text: line })),
    );
  });
}

test('CommandLines makes the same lines however the bytes are cut', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a\\\né]{0,20}$/), fc.array(fc.nat(5)), (text, lengths) => {
      const whole = Buffer.from(text);
      const pieces: Buffer[] = [];
      let at = 0;
      for (const length of lengths) {
        pieces.push(whole.subarray(at, at + length));
        at += length;
      }
      t.deepEqual(linesOf([...pieces, whole.subarray(at)]), linesOf([whole]));
    }),
    { seed: 15 },
  );
});

test('CommandLines keeps no piece that its source uses again', (t) => {
  const lines = new CommandLines();
  const piece = Buffer.from('mtu ');
  lines.push(piece);
  piece.fill('x');
  t.deepEqual(lines.push(Buffer.from('io0\n')), [{ number: 1, text: 'mtu io0' }]);
});

test('CommandLines refuses a line that is too long, also before its end has come', (t) => {
  const lines = new CommandLines();
  lines.push(Buffer.from('up io0\n'));
  lines.push(Buffer.alloc(256 * 1024, 'x'));
  t.throws(() => lines.push(Buffer.from('x')), {
    instanceOf: RangeError,
    message: 'cannot read line 2: it is longer than 262144 bytes',
  });
});
