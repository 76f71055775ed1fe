import test from 'ava';
import { type DumpArguments, readDumpOptions } from '../../src/cli/rx-dump/dump-arguments.js';

const DEFAULTS = {
  selection: 'all',
  countMax: Number.POSITIVE_INFINITY,
  duration: undefined,
  write: undefined,
  hexShown: false,
  linkShown: false,
  json: false,
  queueCount: undefined,
  share: false,
};

test('readDumpOptions reads all queues without end when nothing is given', (t) => {
  t.deepEqual(readDumpOptions({ queue: 'all' }), DEFAULTS as ReturnType<typeof readDumpOptions>);
});

test('readDumpOptions reads every option when it is given', (t) => {
  const given = {
    queue: '0,2',
    count: '7',
    duration: '250ms',
    write: '-',
    hex: true,
    link: true,
    queues: '256',
    share: true,
  };
  t.deepEqual(readDumpOptions(given), {
    selection: [0, 2],
    countMax: 7,
    duration: 0.25,
    write: '-',
    hexShown: true,
    linkShown: true,
    json: false,
    queueCount: 256,
    share: true,
  });
});

const refusals: readonly (readonly [given: Partial<DumpArguments>, message: string])[] = [
  [{ write: 'x', json: true }, 'cannot use "--json" with -w: both say what the output is'],
  [{ queue: 'x' }, 'cannot read queues "x": wanted a form like 2, 0,2 or 1-3, or all'],
  [{ queue: '300' }, 'cannot read queues "300": 300 is no range from 0 to 255'],
  [{ count: '0' }, 'cannot use count 0: 1 to 9007199254740991 are possible'],
  [{ count: '9007199254740993' }, 'cannot use count 9007199254740993: 1 to 9007199254740991 are possible'],
  [{ count: '1.5' }, 'cannot read count "1.5": wanted a whole number'],
  [{ count: '' }, 'cannot read count "": wanted a whole number'],
  [{ duration: 'x' }, 'cannot read duration "x": wanted a form like 10s or 250ms'],
  [{ queues: '0' }, 'cannot use queue count 0: 1 to 256 are possible'],
  [{ queues: '257' }, 'cannot use queue count 257: 1 to 256 are possible'],
  [{ queues: 'all' }, 'cannot read queue count "all": wanted a whole number'],
];

for (const [given, message] of refusals) {
  test(`readDumpOptions refuses ${JSON.stringify(given)} when it is given`, (t) => {
    t.throws(() => readDumpOptions({ queue: 'all', ...given }), { message });
  });
}
