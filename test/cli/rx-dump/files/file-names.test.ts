import { execFileSync } from 'node:child_process';
import test from 'ava';
import { FileNames } from '../../../../src/cli/rx-dump/files/file-names.js';
import { type FileRotation, readRotation } from '../../../../src/cli/rx-dump/files/file-rotation.js';
import { TimeFormat } from '../../../../src/cli/rx-dump/files/time-format.js';

const NONE: FileRotation = {
  fileBytesMax: Number.POSITIVE_INFINITY,
  periodSeconds: undefined,
  fileCount: undefined,
  keptFilesMax: undefined,
  command: undefined,
};
const SIZE: FileRotation = { ...NONE, fileBytesMax: 1e6 };

/** Three files by number, after the first. */
function numbered(path: string, rotation: FileRotation, count: number): string[] {
  const names = new FileNames(path, rotation);
  return [names.nextPeriod(0), ...Array.from({ length: count }, () => names.nextNumber())];
}

// Source: tcpdump 4.99.3 with -C 1 -w c; -C 1 -W 10 -w b; -C 1 -W 1 -w g; -C 1 -G 3600 -W 3 -w a-%H.
test('FileNames counts as tcpdump does when files are cut by size', (t) => {
  t.deepEqual(numbered('c', SIZE, 3), ['c', 'c1', 'c2', 'c3']);
  t.deepEqual(numbered('b', { ...SIZE, fileCount: 10 }, 2), ['b0', 'b1', 'b2']);
  t.deepEqual(numbered('b', { ...SIZE, fileCount: 11 }, 2), ['b00', 'b01', 'b02']);
  t.deepEqual(numbered('r', { ...SIZE, fileCount: 2 }, 4), ['r0', 'r1', 'r0', 'r1', 'r0']);
  t.deepEqual(numbered('g', { ...SIZE, fileCount: 1 }, 2), ['g', 'g', 'g']);
  t.deepEqual(numbered('100%d', SIZE, 1), ['100%d', '100%d1'], 'without -G a name is no time');
});

test('FileNames puts the number before the suffix of a compressed file', (t) => {
  t.deepEqual(numbered('c.pcapng.gz', SIZE, 1), ['c.pcapng.gz', 'c.pcapng1.gz']);
  t.deepEqual(numbered('c.zst', { ...SIZE, fileCount: 11 }, 1), ['c00.zst', 'c01.zst']);
  t.deepEqual(numbered('.gz', SIZE, 1), ['.gz', '.gz1']);
  t.deepEqual(numbered('a/.gz', SIZE, 1), ['a/.gz', 'a/.gz1']);
  const names = new FileNames('c-%s.gz', { ...NONE, periodSeconds: 10 });
  t.deepEqual([names.nextPeriod(10), names.nextNumber()], ['c-10.gz', 'c-101.gz']);
});

test('FileNames counts from 0 in each period when files are cut by size and time', (t) => {
  const names = new FileNames('a-%s.', { ...SIZE, periodSeconds: 10, fileCount: 3 });
  t.deepEqual(
    [names.nextPeriod(10), names.nextNumber(), names.nextPeriod(20), names.nextNumber(), names.nextNumber()],
    ['a-10.0', 'a-10.1', 'a-20.0', 'a-20.1', 'a-20.2'],
  );
  t.is(names.nextNumber(), 'a-20.0');
});

test('FileNames never repeats the last name when the time in it has not changed', (t) => {
  const names = new FileNames('a-%Y', { ...NONE, periodSeconds: 60, fileCount: 2 });
  const summer = 1_750_000_000;
  t.deepEqual(
    [0, 60, 120, 400 * 86_400].map((later) => names.nextPeriod(summer + later)),
    ['a-2025', 'a-20251', 'a-20252', 'a-2026'],
  );
  const plain = new FileNames('plain', { ...NONE, periodSeconds: 60 });
  t.deepEqual(
    [plain.nextPeriod(0), plain.nextPeriod(60), plain.nextPeriod(120)],
    ['plain', 'plain1', 'plain2'],
  );
});

test('FileNames repeats a name when the time in it does, as for a ring of one day', (t) => {
  const names = new FileNames('a-%M', { ...NONE, periodSeconds: 60 });
  t.deepEqual(
    [0, 60, 3600].map((seconds) => names.nextPeriod(seconds)),
    ['a-00', 'a-01', 'a-00'],
  );
});

const EVERY_CONVERSION =
  '%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %n %p %P %r %R %s %S %t %T %u %U %V %w %W %x %X %y %Y %z %Z %%';

test('TimeFormat agrees with date(1) when the zone and the season vary', (t) => {
  const before = process.env.TZ;
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham']) {
    for (const seconds of [0, 951_782_400, 1_761_440_399, 1_761_440_400, 1_782_864_000, 4_102_444_799]) {
      process.env.TZ = zone;
      const words = ['-d', `@${seconds}`, `+${EVERY_CONVERSION}`];
      const env = { ...process.env, TZ: zone, LC_ALL: 'C' };
      // date(1) ends its output with a newline of its own.
      const said = execFileSync('date', words, { encoding: 'utf8', env }).slice(0, -1);
      t.is(new TimeFormat(EVERY_CONVERSION).at(seconds), said, `${zone}, ${seconds}`);
    }
  }
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

test('TimeFormat refuses conversions that strftime(3) does not know', (t) => {
  for (const [text, letter] of [
    ['x%Q', '%Q'],
    ['x%', '%'],
    ['x%%%', '%'],
    ['%5Y', '%5'],
    ['%Ey', '%E'],
    ['%Ω', '%Ω'],
  ] as const) {
    t.throws(() => new TimeFormat(text), {
      instanceOf: TypeError,
      message: `cannot write "${text}": with -G, strftime(3) formats the name, and has no "${letter}" (write %% for %)`,
    });
  }
  t.is(new TimeFormat('ü-100%%-%Y').at(0).replace(/19../, 'year'), 'ü-100%-year');
});

test('readRotation takes sizes as tcpdump does', (t) => {
  for (const [text, bytes] of [
    ['1', 1_000_000],
    ['250', 250_000_000],
    ['64k', 65_536],
    ['10K', 10_240],
    ['2m', 2_097_152],
    ['2M', 2_097_152],
    ['1g', 1_073_741_824],
    ['3G', 3_221_225_472],
  ] as const) {
    t.is(readRotation({ write: 'x', fileSize: text })?.fileBytesMax, bytes, text);
  }
  t.is(readRotation({ write: 'x' }), undefined);
  t.deepEqual(
    readRotation({ write: 'x-%H', rotateSeconds: '60', fileCount: '3', keep: '5', afterRotation: 'gzip -9' }),
    {
      fileBytesMax: Number.POSITIVE_INFINITY,
      periodSeconds: 60,
      fileCount: 3,
      keptFilesMax: 5,
      command: ['gzip', '-9'],
    },
  );
});

test('readRotation refuses impossible options with a sentence', (t) => {
  for (const [given, message] of [
    [{ fileSize: '1' }, 'cannot use "-C": it needs -w with the name of a file'],
    [{ write: '-', rotateSeconds: '1' }, 'cannot use "-G": it needs -w with the name of a file'],
    [{ write: 'x', fileCount: '1' }, 'cannot use "-W": it needs -C or -G'],
    [{ write: 'x', afterRotation: 'gzip' }, 'cannot use "-z": it needs -C or -G'],
    [
      { write: 'x', fileSize: '1x' },
      'cannot read file size "1x": wanted millions of bytes, or a form like 64k, 10M or 1G',
    ],
    [{ write: 'x', fileSize: '1', afterRotation: '' }, 'cannot use "-z": the command has no name'],
    [{ write: 'x', fileSize: '1', afterRotation: "'' x" }, 'cannot use "-z": the command has no name'],
    [{ write: 'x', keep: '1' }, 'cannot use "--keep": it needs -C or -G'],
    [{ write: 'x', rotateSeconds: '1.5' }, 'cannot read rotation period "1.5": wanted a whole number'],
  ] as const) {
    t.throws(() => readRotation(given), { instanceOf: TypeError, message });
  }
  for (const given of [
    { write: 'x', fileSize: '0' },
    { write: 'x', fileSize: '99999999999999999999' },
    { write: 'x', rotateSeconds: '0' },
    { write: 'x', fileSize: '1', fileCount: '0' },
    { write: 'x', fileSize: '1', keep: '0' },
  ]) {
    t.throws(() => readRotation(given), { instanceOf: RangeError, message: /^cannot use / });
  }
});
