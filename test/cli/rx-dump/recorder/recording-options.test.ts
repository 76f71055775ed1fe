import test from 'ava';
import {
  type RecordingArguments,
  readRecording,
} from '../../../../src/cli/rx-dump/recorder/recording-options.js';

const GIVEN = { write: 'io0.pcapng', last: '64MiB' };

test('readRecording has every event, two seconds and any number of files when nothing else is given', (t) => {
  t.deepEqual(readRecording(GIVEN), {
    bytes: 64 * 1024 * 1024,
    events: new Set(['missed', 'down', 'carrier', 'signal']),
    after: 2,
    filesMax: undefined,
    command: undefined,
  });
  t.is(readRecording({ write: 'io0.pcapng' }), undefined);
});

test('readRecording reads what is given', (t) => {
  const given = {
    ...GIVEN,
    last: '1g',
    on: 'down, signal',
    after: '250ms',
    fileCount: '7',
    afterRotation: 'xz -1',
  };
  t.deepEqual(readRecording(given), {
    bytes: 1024 ** 3,
    events: new Set(['down', 'signal']),
    after: 0.25,
    filesMax: 7,
    command: ['xz', '-1'],
  });
});

const REFUSED: readonly (readonly [RecordingArguments, string])[] = [
  [{ last: '64MiB' }, 'cannot use "--last": it needs -w with the name of a file'],
  [{ last: '64MiB', write: '-' }, 'cannot use "--last": it needs -w with the name of a file'],
  [{ on: 'down' }, 'cannot use "--on": it needs --last'],
  [{ after: '1s' }, 'cannot use "--after": it needs --last'],
  [{ ...GIVEN, fileSize: '1' }, 'cannot use "-C": --last begins a file at each event'],
  [{ ...GIVEN, rotateSeconds: '1' }, 'cannot use "-G": --last begins a file at each event'],
  [
    { ...GIVEN, keep: '1' },
    'cannot use "--keep": --last begins a file at each event, and -W says how many stay',
  ],
  [{ ...GIVEN, on: 'up' }, 'cannot use event "up": there are missed, down, carrier, signal'],
  [{ ...GIVEN, on: '' }, 'cannot use event "": there are missed, down, carrier, signal'],
  [{ ...GIVEN, last: 'much' }, 'cannot read memory size "much": wanted a form like 64MiB'],
  [{ ...GIVEN, last: '64' }, 'cannot use memory size "64": 1 MiB to 4096 MiB are possible'],
  [{ ...GIVEN, last: '5GiB' }, 'cannot use memory size "5GiB": 1 MiB to 4096 MiB are possible'],
  [{ ...GIVEN, fileCount: '0' }, 'cannot use file count 0: 1 to 1000000 are possible'],
];
for (const [given, message] of REFUSED) {
  test(`readRecording refuses ${JSON.stringify(given)}`, (t) => {
    t.throws(() => readRecording(given), { message });
  });
}
