import test from 'ava';
import {
  type Arithmetic,
  BpfAssembler,
  type Comparison,
  R0,
  R1,
  R2,
  R3,
  R6,
  R10,
  type Width,
} from '../../../src/tap/steer/bpf-assembler.js';

type Build = (program: BpfAssembler) => void;

function hexOf(build: Build, littleEndian = true): string {
  const program = new BpfAssembler();
  build(program);
  return Buffer.from(program.assemble(littleEndian)).toString('hex');
}

/** Builds an instruction, and its bytes where the byte order is little-endian and where it is big-endian. */
const ROWS: readonly (readonly [name: string, build: Build, little: string, big: string])[] = [
  ['r1 = 5', (p) => p.compute('set', R1, 5), 'b701000005000000', 'b710000000000005'],
  ['r6 = r1', (p) => p.compute('set', R6, R1), 'bf16000000000000', 'bf61000000000000'],
  ['r2 += -1', (p) => p.compute('add', R2, -1), '07020000ffffffff', '07200000ffffffff'],
  ['r2 %= r3', (p) => p.compute('modulo', R2, R3), '9f32000000000000', '9f23000000000000'],
  ['r2 = be16 r2', (p) => p.fromNetworkOrder(R2, 2), 'dc02000010000000', 'dc20000000000010'],
  ['r2 = be64 r2', (p) => p.fromNetworkOrder(R2, 8), 'dc02000040000000', 'dc20000000000040'],
  [
    'r3 = 0x123456789abcdef0',
    (p) => p.setLarge(R3, 0x123456789abcdef0n),
    '18030000f0debc9a0000000078563412',
    '183000009abcdef00000000012345678',
  ],
  ['r2 = *(u32 *)(r6 + 20)', (p) => p.load(4, R2, R6, 20), '6162140000000000', '6126001400000000'],
  ['r1 = *(u8 *)(r10 - 64)', (p) => p.load(1, R1, R10, -64), '71a1c0ff00000000', '711affc000000000'],
  ['*(u64 *)(r10 - 8) = 0', (p) => p.store(8, R10, -8, 0), '7a0af8ff00000000', '7aa0fff800000000'],
  ['*(u16 *)(r10 - 6) = r1', (p) => p.store(2, R10, -6, R1), '6b1afaff00000000', '6ba1fffa00000000'],
  ['call 26', (p) => p.call(26), '850000001a000000', '850000000000001a'],
  ['exit', (p) => p.exit(), '9500000000000000', '9500000000000000'],
];

for (const [name, build, little, big] of ROWS) {
  test(`the assembler encodes ${name}`, (t) => {
    t.is(hexOf(build), little);
    t.is(hexOf(build, false), big);
  });
}

test('every computation, width and comparison has the code of the kernel', (t) => {
  const operations: readonly (readonly [Arithmetic, string])[] = [
    ...([
      ['set', 'b7'],
      ['add', '07'],
      ['subtract', '17'],
      ['multiply', '27'],
      ['modulo', '97'],
    ] as const),
    ...([
      ['and', '57'],
      ['xor', 'a7'],
      ['shiftLeft', '67'],
      ['shiftRight', '77'],
    ] as const),
  ];
  for (const [operation, code] of operations)
    t.is(
      hexOf((p) => p.compute(operation, R1, 1)),
      `${code}01000001000000`,
      operation,
    );
  const widths: readonly (readonly [Width, string])[] = [
    [1, '71'],
    [2, '69'],
    [4, '61'],
    [8, '79'],
  ];
  for (const [width, code] of widths)
    t.is(
      hexOf((p) => p.load(width, R1, R6, 0)),
      `${code}61000000000000`,
    );
  const comparisons: readonly (readonly [Comparison, string, string])[] = [
    ...([
      ['equal', '15', '16'],
      ['notEqual', '55', '56'],
      ['above', '25', '26'],
    ] as const),
    ...([['below', 'a5', 'a6']] as const),
  ];
  for (const [comparison, code, code32] of comparisons) {
    const jumpTo = (jump: (p: BpfAssembler, to: ReturnType<BpfAssembler['label']>) => void) =>
      hexOf((p) => {
        const next = p.label();
        jump(p, next);
        p.place(next);
      });
    t.is(
      jumpTo((p, to) => p.jumpIf(comparison, R1, 7, to)),
      `${code}01000007000000`,
    );
    t.is(
      jumpTo((p, to) => p.jumpIf32(comparison, R1, 0xffffffff, to)),
      `${code32}010000ffffffff`,
    );
  }
});

test('jumps lead forwards and backwards to their labels, over instructions of two places too', (t) => {
  const hex = hexOf((program) => {
    const begin = program.label();
    const end = program.label();
    program.place(begin);
    program.jumpIf('equal', R1, R2, end);
    program.setLarge(R3, 1n);
    program.jump(begin);
    program.place(end);
    program.compute('set', R0, 0);
    program.exit();
  });
  t.deepEqual(hex.match(/.{16}/g), [
    '1d21030000000000',
    '1803000001000000',
    '0000000000000000',
    '0500fcff00000000',
    'b700000000000000',
    '9500000000000000',
  ]);
});

test('the assembler refuses a jump that is too long, and labels that are placed never or twice', (t) => {
  const far = (count: number) =>
    hexOf((program) => {
      const end = program.label();
      program.jump(end);
      for (let at = 0; at < count; at++) program.exit();
      program.place(end);
    });
  t.notThrows(() => far(32_767));
  t.throws(() => far(32_768), { instanceOf: RangeError, message: /jump over 32768 instructions/ });
  t.throws(() => hexOf((program) => program.jump(program.label())), { instanceOf: TypeError });
  t.throws(
    () =>
      hexOf((program) => {
        const label = program.label();
        program.place(label);
        program.place(label);
      }),
    { instanceOf: TypeError },
  );
});
