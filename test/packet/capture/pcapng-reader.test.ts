import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import { MalformedError } from '../../../src/errors.js';
import { CaptureReader } from '../../../src/packet/capture/capture-reader.js';
import { drainCapture } from './captured-records.js';
import { BlockBuilder } from './pcapng-blocks.js';

const little = new BlockBuilder(true);
const big = new BlockBuilder(false);
const text = (value: string) => [...Buffer.from(value)];

/** A section with two interfaces, every kind of packet block, and blocks to pass over. */
function buildSection(b: BlockBuilder): number[] {
  return [
    ...b.section(),
    ...b.block(0x0bad, [...b.u32(32473), 1, 2, 3, 4]),
    ...b.interface(1, 3, [...b.option(2, text('io0')), ...b.u16(0, 0)]),
    ...b.interface(113, 0, [
      ...b.option(2, [...text('any'), 0]),
      ...b.option(9, [9]),
      ...b.option(14, [...b.u32(...(b === little ? [1000, 0] : [0, 1000]))]),
    ]),
    ...b.enhanced(
      0,
      0x00060a24,
      0x181e4000,
      [1, 2, 3],
      [...b.option(2, b.u32(1)), ...b.option(6, b.u32(3)), ...b.u16(0, 0)],
    ),
    ...b.block(5, [...b.u32(0, 0, 0)]),
    ...b.enhanced(1, 0, 2_000_000_005, [4], b.option(2, b.u32(2))),
    ...b.simple(60, [5, 6, 7]),
    ...b.obsolete(1, 0, 7, [8, 9]),
    ...b.block(0x80000001, []),
  ];
}

const frames = [[1, 2, 3], [4], [5, 6, 7], [8, 9]];

for (const [order, builder] of [
  ['little', little],
  ['big', big],
] as const) {
  test(`PcapngReader reads every packet block of a ${order}-endian section`, (t) => {
    const reader = new CaptureReader();
    reader.push(Uint8Array.from(buildSection(builder)));
    reader.end();
    t.true(reader.next());
    t.deepEqual([...reader.record.frame], [1, 2, 3]);
    t.deepEqual(
      [reader.record.number, reader.record.capturedLength, reader.record.originalLength],
      [1, 3, 60],
    );
    t.deepEqual([reader.record.linkType, reader.record.interfaceName], [1, 'io0']);
    t.deepEqual([reader.record.seconds, reader.record.nanoseconds], [1700000000, 0]);
    t.deepEqual([reader.record.queue, reader.record.direction], [3, 'inbound']);
    t.true(reader.next());
    t.deepEqual([...reader.record.frame], [4]);
    t.deepEqual([reader.record.linkType, reader.record.interfaceName], [113, 'any']);
    t.deepEqual([reader.record.seconds, reader.record.nanoseconds], [1002, 5]);
    t.deepEqual([reader.record.queue, reader.record.direction], [-1, 'outbound']);
    t.true(reader.next());
    t.deepEqual([...reader.record.frame], [5, 6, 7]);
    t.deepEqual([reader.record.seconds, reader.record.nanoseconds], [0, 0]);
    t.deepEqual([reader.record.linkType, reader.record.direction], [1, 'unknown']);
    t.true(reader.next());
    t.deepEqual([...reader.record.frame], [8, 9]);
    t.deepEqual([reader.record.number, reader.record.seconds, reader.record.nanoseconds], [4, 1000, 7]);
    t.is(reader.record.virtioNetHeader.length, 0);
    t.false(reader.next());
  });
}

test('PcapngReader reads sections of different order one after the other, in chunks of any size', (t) => {
  const bytes = Uint8Array.from([...buildSection(little), ...buildSection(big), ...buildSection(little)]);
  const whole = drainCapture(new CaptureReader(), bytes);
  t.is(whole.error, undefined);
  t.deepEqual(
    whole.records.map(({ frame }) => [...frame]),
    [...frames, ...frames, ...frames],
  );
  for (const chunkBytes of [1, 3, 4, 7, 12, 28, 100]) {
    t.deepEqual(drainCapture(new CaptureReader(), bytes, chunkBytes), whole);
    t.deepEqual(drainCapture(new CaptureReader(), bytes, chunkBytes), whole);
  }
});

test('PcapngReader delivers whole records before it throws about a cut block, at every truncation', (t) => {
  const bytes = Uint8Array.from(buildSection(little));
  const whole = drainCapture(new CaptureReader(), bytes);
  let clean = 0;
  for (let length = 0; length < bytes.length; length++) {
    const { records, error } = drainCapture(new CaptureReader(), bytes.subarray(0, length), 64);
    t.deepEqual(records, whole.records.slice(0, records.length));
    if (error === undefined) clean++;
    else t.true(error instanceof MalformedError);
  }
  // At the ends of the ten blocks but the last.
  t.is(clean, 9);
});

const head = [...little.section(), ...little.interface(1, 0)];
const good = little.enhanced(0, 0, 0, [1, 2, 3, 4]);

const refusals: readonly (readonly [
  what: string,
  bytes: readonly number[],
  message: string,
  offset: number,
])[] = [
  ['another magic', [1, 2, 3, 4], 'not a pcap file (magic number 0x01020304)', 0],
  ['nothing', [], 'it is empty (0 bytes)', 0],
  ['a cut section', little.section().slice(0, 20), 'block 1 is cut: 28 bytes wanted, 20 there', 0],
  [
    'a wrong byte-order magic',
    [...little.u32(0x0a0d0d0a, 28), 1, 2, 3, 4, ...new Array<number>(16).fill(0)],
    'block 1 is corrupt: its byte-order magic is 0x04030201, 0x1a2b3c4d wanted',
    0,
  ],
  [
    'version 2',
    little.block(0x0a0d0d0a, [...little.u32(0x1a2b3c4d), ...little.u16(2, 1), ...little.u32(0, 0)]),
    'block 1 is corrupt: its version is 2.1, 1.0 wanted',
    0,
  ],
  [
    'a cut packet',
    [...head, ...good, ...good.slice(0, -1)],
    'record 2, block 4 is cut: 36 bytes wanted, 35 there',
    84,
  ],
  ['a cut block head', [...head, ...good, 6, 0, 0], 'block 4 is cut: 12 bytes wanted, 3 there', 84],
  [
    'an interface that is not there',
    [...head, ...little.enhanced(7, 0, 0, [])],
    'record 1, block 3 is corrupt: it names interface 7, but its section has 1',
    48,
  ],
  [
    'a simple packet before any interface',
    [...little.section(), ...little.simple(1, [1])],
    'record 1, block 2 is corrupt: it names interface 0, but its section has 0',
    28,
  ],
  [
    'a captured length beyond the block',
    [...head, ...little.block(6, little.u32(0, 0, 0, 5, 60, 0))],
    'record 1, block 3 is corrupt: its captured length is 5, at most 4 wanted',
    48,
  ],
  [
    'an interface option beyond the block',
    [...little.section(), ...little.interface(1, 0, [...little.u16(2, 100), 1, 2, 3, 4])],
    'block 2 is corrupt: an option is longer than the block',
    28,
  ],
  [
    'different lengths in front and at the end',
    [...head, ...good.slice(0, -4), ...little.u32(40)],
    'record 1, block 3 is corrupt: its length is 36 in front and 40 at its end',
    48,
  ],
  [
    'a block of 4 GiB',
    [...head, ...little.u32(99, 0xfffffffc, 0)],
    'block 3 is corrupt: its length is 4294967292, a multiple of 4 up to 16777216 wanted',
    48,
  ],
  [
    'a packet block too short for its fields',
    [...head, ...little.u32(6, 28, 0, 0, 0, 0, 28)],
    'record 1, block 3 is corrupt: its length is 28, at least 32 wanted',
    48,
  ],
];

for (const [what, bytes, message, offset] of refusals) {
  test(`PcapngReader refuses ${what}`, (t) => {
    const { error } = drainCapture(new CaptureReader(), Uint8Array.from(bytes));
    t.true(error instanceof MalformedError);
    t.is(error!.message, `cannot read capture: ${message}`);
    t.is((error as MalformedError).offset, offset);
  });
}

test('PcapngReader throws the same error again', (t) => {
  const reader = new CaptureReader({ name: 'x' });
  reader.push(Uint8Array.from(little.u32(0x0a0d0d0a, 28, 5)));
  const error = t.throws(() => reader.next(), { instanceOf: MalformedError });
  t.is(
    t.throws(() => reader.next()),
    error,
  );
});

test('PcapngReader passes over a packet option beyond the block', (t) => {
  const reader = new CaptureReader();
  const options = [...little.option(6, little.u32(3)), ...little.u16(2, 100)];
  reader.push(Uint8Array.from([...head, ...little.enhanced(0, 0, 0, [1], options)]));
  t.true(reader.next());
  t.is(reader.record.queue, 3);
  t.is(reader.record.direction, 'unknown');
});

test('PcapngReader leaves out the frame check sequence when interface or packet declare one', (t) => {
  const lengths = (...blocks: readonly number[][]) => {
    const bytes = Uint8Array.from([...little.section(), ...blocks.flat()]);
    const { records } = drainCapture(new CaptureReader(), bytes);
    return records.map(({ frame, originalLength }) => [frame.length, originalLength]);
  };
  const data = new Array<number>(60).fill(1);
  const of = (fcsLength: number) => little.interface(1, 0, little.option(13, [fcsLength]));
  const plain = little.interface(1, 0);
  const packet = (flags: number, bytes = data) =>
    little.enhanced(0, 0, 0, bytes, little.option(2, little.u32(flags)));
  t.deepEqual(lengths(of(4), packet(1)), [[56, 56]]);
  t.deepEqual(lengths(of(32), packet(1)), [[56, 56]], 'in bits, as the draft says');
  t.deepEqual(lengths(of(4), packet(2 << 5)), [[58, 58]], "the packet's own length counts");
  t.deepEqual(lengths(plain, packet(4 << 5)), [[56, 56]]);
  t.deepEqual(lengths(plain, packet(1)), [[60, 60]]);
  t.deepEqual(lengths(of(4), packet(1, data.slice(0, 20))), [[20, 56]], 'captured short');
  t.deepEqual(lengths(of(4), packet(1, data.slice(0, 58))), [[56, 56]], 'captured within the sequence');
  t.deepEqual(lengths(of(4), little.obsolete(0, 0, 0, data)), [[56, 56]]);
  t.deepEqual(lengths(of(4), little.simple(60, data)), [[56, 56]]);
});

test('PcapngReader delivers records or throws a MalformedError for any damage', (t) => {
  const bytes = Uint8Array.from([...buildSection(little), ...buildSection(big)]);
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat(bytes.length), (changes, length) => {
      const damaged = bytes.slice(0, length);
      for (const [at, value] of changes) if (at < length) damaged[at] = value;
      const { error } = drainCapture(new CaptureReader(), damaged, 50);
      t.true(error === undefined || error instanceof MalformedError);
    }),
    { numRuns: 3000 },
  );
});

// Captures of other projects lie beside the repository.
const FOLDER = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url));
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.pcapng')) : [];
const hasCapinfos = spawnSync('capinfos', ['--version']).error === undefined;

if (files.length === 0 || !hasCapinfos) {
  test('PcapngReader counts what capinfos counts', (t) => {
    const reason = hasCapinfos ? `no captures in ${FOLDER}` : 'no capinfos here';
    if (process.env.CI) t.fail(reason);
    t.log(`skipped: ${reason}`);
    t.pass();
  });
}

for (const name of hasCapinfos ? files : []) {
  test(`PcapngReader counts what capinfos counts in ${name}`, (t) => {
    const run = spawnSync('capinfos', ['-T', '-r', '-M', '-c', '-a', FOLDER + name], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    const [, count] = run.stdout.trim().split('\t');
    const { records, error } = drainCapture(new CaptureReader(), new Uint8Array(readFileSync(FOLDER + name)));
    t.is(error, undefined);
    t.is(String(records.length), count!);
  });
}
