import test from 'ava';
import { loadSocketFilter } from '../../../src/sys/bpf.js';
import { isSystemError } from '../../../src/sys/errno.js';
import { LITTLE_ENDIAN } from '../../../src/sys/platform.js';
import { BpfAssembler, R1, R2, R3, R6, R10 } from '../../../src/tap/steer/bpf-assembler.js';
import { makeSteeringProgram } from '../../../src/tap/steer/steering-program.js';
import { checkRule, STEERING_KEYS, type SteeringRule } from '../../../src/tap/steer/steering-rule.js';
import { openedSince, openFiles } from '../../open-files.js';

const PURPOSE = { action: 'load', object: 'program' };

function load(bytes: Uint8Array): void {
  using _program = loadSocketFilter(bytes, 'rtap_test', PURPOSE);
}

/** Loads `build` with an end that the verifier refuses. Returns what it says of the last instructions. */
function refusalOf(build: (program: BpfAssembler) => void): string {
  const program = new BpfAssembler();
  build(program);
  program.exit();
  try {
    load(program.assemble(LITTLE_ENDIAN));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `${error.reason}: ${error.message}`;
  }
  return 'taken';
}

/** An instruction, and the kernel's own words for it. */
const ROWS: readonly (readonly [text: string, build: (program: BpfAssembler) => void])[] = [
  ['r6 = r1', (p) => p.compute('set', R6, R1)],
  ['r2 = 5', (p) => p.compute('set', R2, 5)],
  ['r2 = *(u32 *)(r1 +20)', (p) => p.load(4, R2, R1, 20)],
  ['r2 = *(u32 *)(r1 +24)', (p) => p.load(4, R2, R1, 24)],
  ['*(u64 *)(r10 -8) = 0', (p) => p.store(8, R10, -8, 0)],
  ['r3 = 0x9e3779b97f4a7c15', (p) => p.setLarge(R3, 0x9e3779b97f4a7c15n)],
];

for (const [text, build] of ROWS) {
  test(`the verifier reads "${text}" as it is meant`, (t) => {
    const said = refusalOf(build);
    t.true(
      said.startsWith(
        'program-refused: cannot load "program": the kernel\'s verifier refuses the program (EACCES): ',
      ),
    );
    t.true(said.includes(`) ${text}`), said);
    t.true(said.endsWith('R0 !read_ok'), said);
  });
}

test('the verifier reads computations on registers as they are meant', (t) => {
  const rows: readonly (readonly [text: string, build: (program: BpfAssembler) => void])[] = [
    ['r2 += r3', (p) => p.compute('add', R2, R3)],
    ['r2 -= 7', (p) => p.compute('subtract', R2, 7)],
    ['r2 *= r3', (p) => p.compute('multiply', R2, R3)],
    ['r2 %= 7', (p) => p.compute('modulo', R2, 7)],
    ['r2 &= 4095', (p) => p.compute('and', R2, 4095)],
    ['r2 ^= r3', (p) => p.compute('xor', R2, R3)],
    ['r2 <<= 2', (p) => p.compute('shiftLeft', R2, 2)],
    ['r2 >>= 48', (p) => p.compute('shiftRight', R2, 48)],
    ['r2 = be16 r2', (p) => p.fromNetworkOrder(R2, 2)],
    ['r2 = be64 r2', (p) => p.fromNetworkOrder(R2, 8)],
    ['*(u16 *)(r10 -6) = r2', (p) => p.store(2, R10, -6, R2)],
  ];
  for (const [text, build] of rows) {
    const said = refusalOf((program) => {
      program.load(4, R2, R1, 20);
      program.load(4, R3, R1, 24);
      build(program);
    });
    t.true(said.includes(`) ${text}`), said);
  }
});

/** Entries of a map for each kind of value. */
const MAPS: Readonly<Record<'port' | 'vlan' | 'address', readonly string[]>> = {
  port: ['53=1', '0-65535=0', '0-65535=0-3', '1-9=0-3,53=1,100-200=2,65535=3'],
  vlan: ['0=1', '0-4095=0-3', '5=0,6=1,7-4095=0-2'],
  address: [
    '10.0.0.1=1',
    '0.0.0.0/0=0-3',
    '::1=1',
    '::/0=0-3',
    '10.0.0.0/8=0-3,::/1=2',
    '10.0.0.0/8=1,11.0.0.0/8=0-2,::1=2,8000::/1=0-3,2001:db8::/32=0-2',
    '255.255.255.255=1,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff=3',
  ],
};

function rulesOf(by: SteeringRule['by']): SteeringRule[] {
  const kind =
    by === 'vlan' ? 'vlan' : by.endsWith('port') ? 'port' : by.endsWith('ip') ? 'address' : undefined;
  const maps = [undefined, ...(kind === undefined ? [] : MAPS[kind])];
  return maps.flatMap((map) => (['flow', 3] as const).map((otherwise) => ({ by, map, else: otherwise })));
}

test('the verifier takes the program of every key, with and without a map, for every number of queues', (t) => {
  const before = openFiles();
  let count = 0;
  for (const rule of STEERING_KEYS.flatMap(rulesOf)) {
    for (const queueCount of [1, 2, 3, 7, 128, 255, 256]) {
      const bytes = makeSteeringProgram(checkRule(rule), { queueCount, littleEndian: LITTLE_ENDIAN });
      t.notThrows(() => load(bytes), JSON.stringify(rule));
      count += 1;
    }
  }
  t.true(count > 400, `${count} programs`);
  t.deepEqual(openedSince(before), []);
});

test('the verifier takes maps of 512 ranges of every kind', (t) => {
  const list = (entry: (index: number) => string) =>
    Array.from({ length: 512 }, (_, index) => entry(index)).join();
  const hex = (index: number) => index.toString(16);
  const rules: readonly SteeringRule[] = [
    {
      by: 'dst-port',
      map: list((index) => `${index * 128}-${index * 128 + 126}=${index % 8}-${(index % 8) + 7}`),
    },
    { by: 'vlan', map: list((index) => `${index * 8}=${index % 8}`) },
    { by: 'src-ip', map: list((index) => `10.${index >> 8}.${index & 255}.0/24=0-${1 + (index % 200)}`) },
    {
      by: 'dst-ip',
      map: list((index) => `${hex(index + 1)}::-${hex(index + 1)}:8000::=0-${1 + (index % 200)}`),
    },
  ];
  for (const rule of rules) {
    const bytes = makeSteeringProgram(checkRule(rule), { queueCount: 256, littleEndian: LITTLE_ENDIAN });
    t.true(bytes.length / 8 < 16_000, `${rule.by}: ${bytes.length / 8} instructions`);
    t.notThrows(() => load(bytes), rule.by);
  }
});
