import test from 'ava';
import { type DumpArguments, readDumpOptions } from '../../../../src/cli/rx-dump/run/dump-arguments.js';

const TEXT = {
  linkShown: false,
  verbose: false,
  dump: 'none',
  linkDumped: false,
  time: 'clock',
  nanosecondsShown: false,
  numbered: false,
} as const;

const DEFAULTS = {
  read: undefined,
  selection: 'all',
  filter: '',
  countMax: Number.POSITIVE_INFINITY,
  duration: undefined,
  write: undefined,
  printing: 'text',
  text: TEXT,
  packetBuffered: false,
  snapBytes: 262_144,
  raw: false,
  segment: false,
  verify: false,
  json: false,
  queueCount: undefined,
  share: false,
  backlog: false,
  busyPoll: false,
  segmentBytes: undefined,
} as const;

test('readDumpOptions reads all queues without limit when nothing is given', (t) => {
  t.deepEqual(readDumpOptions({ queue: 'all' }), DEFAULTS);
});

test('readDumpOptions reads every option when it is given', (t) => {
  const given = {
    queue: '0,2',
    limit: '7',
    duration: '250ms',
    write: 'x',
    print: true,
    packetBuffered: true,
    snapshotLength: '96',
    segment: true,
    hex: 2,
    link: true,
    verbose: 1,
    time: 4,
    nano: true,
    number: true,
    queues: '256',
    share: true,
    segmentBytes: '256',
  };
  t.deepEqual(readDumpOptions(given, ['tcp', 'port', '80']), {
    ...DEFAULTS,
    selection: [0, 2],
    filter: 'tcp port 80',
    countMax: 7,
    duration: 0.25,
    write: { path: 'x', format: 'pcapng', compression: undefined, rotation: undefined, recording: undefined },
    text: {
      linkShown: true,
      verbose: true,
      dump: 'hex',
      linkDumped: true,
      time: 'date',
      nanosecondsShown: true,
      numbered: true,
    },
    packetBuffered: true,
    snapBytes: 96,
    segment: true,
    queueCount: 256,
    share: true,
    segmentBytes: 256,
  });
});

const formats: readonly (readonly [path: string, pcap: boolean, format: string])[] = [
  ['-', false, 'pcapng'],
  ['-', true, 'pcap'],
  ['x.pcap', false, 'pcap'],
  ['x.pcapng', false, 'pcapng'],
  ['x.cap', false, 'pcapng'],
  ['x.cap', true, 'pcap'],
  ['x.pcap.gz', false, 'pcap'],
  ['x.pcapng.zst', false, 'pcapng'],
  ['x.gz', true, 'pcap'],
];

for (const [write, pcap, format] of formats) {
  test(`readDumpOptions writes ${format} when -w ${write}${pcap ? ' --pcap' : ''} is given`, (t) => {
    t.is(readDumpOptions({ queue: 'all', write, pcap }).write?.format, format as 'pcap');
  });
}

test('readDumpOptions chooses the bytes as tcpdump does when several are given', (t) => {
  const dump = (given: Partial<DumpArguments>) => {
    const { text } = readDumpOptions({ queue: 'all', ...given });
    return [text.dump, text.linkDumped];
  };
  t.deepEqual(dump({ hex: 1 }), ['hex', false]);
  t.deepEqual(dump({ hex: 2, ascii: 1 }), ['hex', true]);
  t.deepEqual(dump({ hex: 2, hexAscii: 1, ascii: 2 }), ['hex-ascii', false]);
  t.deepEqual(dump({ hexAscii: 3 }), ['hex-ascii', true]);
  t.deepEqual(dump({ ascii: 1 }), ['ascii', false]);
  t.deepEqual(dump({ ascii: 2 }), ['ascii', true]);
});

test('readDumpOptions chooses what is printed when -w, --count or --verify is given', (t) => {
  const printing = (given: Partial<DumpArguments>) => readDumpOptions({ queue: 'all', ...given }).printing;
  t.is(printing({ json: true }), 'json');
  t.is(printing({ write: 'x' }), 'none');
  t.is(printing({ write: 'x', print: true }), 'text');
  t.is(printing({ write: 'x', print: true, json: true }), 'json');
  t.is(printing({ verify: true }), 'none');
  t.is(printing({ verify: true, print: true }), 'text');
  t.is(printing({ verify: true, json: true }), 'none');
  t.is(printing({ count: true, json: true }), 'count');
});

test('readDumpOptions keeps whole frames when the snapshot length is 0', (t) => {
  t.is(readDumpOptions({ queue: 'all', snapshotLength: '0' }).snapBytes, 262_144);
});

const refusals: readonly (readonly [given: Partial<DumpArguments>, message: string])[] = [
  [
    { write: 'x', json: true },
    'cannot use "--json" with -w: both choose the form of the output (--print gives both)',
  ],
  [
    { write: 'x.pcapng', pcap: true },
    'cannot write "x.pcapng" with --pcap: the name is that of a pcapng file',
  ],
  [{ pcap: true }, 'cannot use "--pcap" without -w: it chooses the form of the file'],
  [{ write: '-', print: true }, 'cannot print beside "-w -": both would go to standard output'],
  [{ write: '-', verify: true }, 'cannot print beside "-w -": both would go to standard output'],
  [{ write: '-', count: true }, 'cannot print beside "-w -": both would go to standard output'],
  [{ count: true, print: true }, 'cannot use "--print" with --count: only the number is printed'],
  [
    { count: true, verify: true },
    'cannot use "--count" with --verify: both choose what is printed at the end',
  ],
  [
    { verify: true, print: true, json: true },
    'cannot use "--print" with --verify and --json: one object is printed',
  ],
  [{ count: true, verbose: 1 }, 'cannot use "-v" with --count: only the number is printed'],
  [
    { raw: true, segment: true },
    'cannot use "--raw" with --segment: --segment gives each piece new checksums',
  ],
  [{ json: true, hex: 1 }, 'cannot use "-x" with --json: it is for lines of text, an object has the bytes'],
  [
    { json: true, link: true },
    'cannot use "-e" with --json: it is for lines of text, an object has the bytes',
  ],
  [
    { json: true, nano: true },
    'cannot use "--nano" with --json: it is for lines of text, an object has the time in nanoseconds',
  ],
  [{ time: 6 }, 'cannot use more than five -t: -t to -ttttt are possible'],
  [{ nano: true, micro: true }, 'cannot use "--nano" with --micro: they contradict each other'],
  [{ timeStampPrecision: 'x' }, 'cannot read time stamp precision "x": wanted micro or nano'],
  [
    { read: ['x'], duration: '1s' },
    'cannot use "--duration" with -r: it needs a device, and -r reads a file',
  ],
  [{ read: ['x'], backlog: true }, 'cannot use "--backlog" with -r: it needs a device, and -r reads a file'],
  [{ read: ['x'], share: true }, 'cannot use "--share" with -r: it needs a device, and -r reads a file'],
  [{ read: ['x'], queues: '1' }, 'cannot use "--queues" with -r: it needs a device, and -r reads a file'],
  [
    { read: ['x'], segmentBytes: '256' },
    'cannot use "--segment-bytes" with -r: it needs a device, and -r reads a file',
  ],
  [{ snapshotLength: '262145' }, 'cannot use snapshot length 262145: 0 to 262144 are possible'],
  [{ queue: 'x' }, 'cannot read queues "x": wanted a form like 2, 0,2 or 1-3, or all'],
  [{ queue: '300' }, 'cannot read queues "300": 300 is not a range from 0 to 255'],
  [{ limit: '0' }, 'cannot use count 0: 1 to 9007199254740991 are possible'],
  [{ limit: '9007199254740993' }, 'cannot use count 9007199254740993: 1 to 9007199254740991 are possible'],
  [{ limit: '1.5' }, 'cannot read count "1.5": wanted a whole number'],
  [{ limit: '' }, 'cannot read count "": wanted a whole number'],
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
