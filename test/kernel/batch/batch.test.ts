import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { frameOf } from '../capture.js';
import { done, json, RTAP, runWith, start } from '../command.js';
import { findIpLink, ipLink } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const LIST_HINT = 'hint: list the TAP devices of this network namespace: rtap list';

interface JsonLine {
  readonly line: number;
  readonly exit: number;
  readonly output: unknown;
  readonly errors?: readonly { readonly message: string }[];
}

let files = 0;

/** Writes the lines of a batch into a file, and returns its path. */
function batchFile(...lines: readonly string[]): string {
  files += 1;
  const path = join(directory, `batch-${files}`);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** Runs a batch that comes through a pipe. */
function piped(lines: readonly string[], ...options: readonly string[]) {
  return runWith({ input: lines.map((line) => `${line}\n`).join('') }, 'batch', ...options);
}

test('batch runs the commands of a file, with quotes, comments and blank lines as in sh', async (t) => {
  const path = batchFile(
    '# two devices',
    '',
    '  create \'q0\' "q1" --persist   # made with quotes',
    '\tmtu q\\0 1400',
    'mtu q0',
    'txqueuelen q1 \\',
    '  100',
    'up q0 q1',
    'mac dev q0 02:00:00:00:00:07',
    'mtu -i q1',
  );
  const { code, stdout, stderr } = await runWith({}, 'batch', path);
  t.deepEqual([code, stdout, stderr], [0, '1400\n1500\n', '']);
  t.is(ipLink('q0').mtu, 1400);
  t.is(ipLink('q0').address, '02:00:00:00:00:07');
  t.is(ipLink('q1').txqlen, 100);
  t.true(ipLink('q1').flags.includes('UP'));
});

test('batch stops at the first failure, names its line, and ends with its exit code', async (t) => {
  const lines = ['create s0 --persist', '', 'mtu s0 1400', 'create s0 --persist', 'mtu s0 1300'];
  for (const runLines of [() => runWith({}, 'batch', batchFile(...lines)), () => piped(lines, '-')]) {
    const outcome = await runLines();
    t.is(outcome.code, 2);
    t.is(
      outcome.stderr,
      [
        'rtap: line 4: cannot create "s0": it exists already as a multi-queue TAP',
        'hint: choose another name, add --exist-ok to use this device, or remove it: rtap delete s0',
        '',
      ].join('\n'),
    );
    t.is(ipLink('s0').mtu, 1400);
    await done('delete', 's0');
  }
});

test('batch --keep-going runs all lines and ends with the exit code of the first failure', async (t) => {
  const lines = ['up k9', 'create k0 --persist --mtu 9', 'nonsense', 'create k0 --persist', 'show k8'];
  const outcomes = [
    await runWith({}, 'batch', '--keep-going', batchFile(...lines)),
    await piped(lines, '--keep-going'),
  ];
  for (const { code, stderr } of outcomes) {
    t.is(code, 2);
    const places = stderr.split('\n').filter((line) => line.startsWith('rtap: '));
    t.deepEqual(places.slice(0, 3), [
      'rtap: line 1: cannot change "k9": there is no such device',
      'rtap: line 2: cannot use MTU 9: 68 to 65521 are possible',
      'rtap: line 3: cannot run "nonsense": there is no such command',
    ]);
    t.is(places.at(-1), 'rtap: line 5: cannot show "k8": there is no such device');
  }
  t.truthy(findIpLink('k0'));
});

test('batch --json prints one object for each command', async (t) => {
  const lines = [
    '# none',
    'create j%d --persist --queues 2',
    'up j0',
    'mtu j0',
    'mtu j0 1400',
    'completion fish',
    'up j9',
  ];
  const { code, stdout, stderr } = await piped(lines, '--json');
  t.is(code, 2);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const { ifindex } = ipLink('j0');
  t.deepEqual(objects.slice(0, 4), [
    { line: 2, exit: 0, output: { ifname: 'j0', ifindex, queues: 2 } },
    { line: 3, exit: 0, output: null },
    { line: 4, exit: 0, output: { ifname: 'j0', mtu: 1500 } },
    { line: 5, exit: 0, output: { ifname: 'j0', mtu: 1400 } },
  ]);
  t.regex(String(objects[4]!.output), /^complete /m, 'the text of a command without JSON');
  const error = {
    message: 'cannot change "j9": there is no such device',
    code: 'ENODEV',
    reason: 'no-such-device',
  };
  t.deepEqual(objects[5], {
    line: 7,
    exit: 2,
    output: null,
    errors: [{ ...error, hint: LIST_HINT.slice(6) }],
  });
  t.is(stderr, `rtap: line 7: ${error.message}\n${LIST_HINT}\n`);
});

test('batch --json keeps the errors of all devices of a line, and prints every object though lines fail', async (t) => {
  const { code, stdout } = await piped(
    ['up g0 g1', 'list', 'tx-inject g0', "up 'g0"],
    '--json',
    '--keep-going',
  );
  t.is(code, 2);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { errors?: { message: string }[]; exit: number });
  t.deepEqual(
    objects.map(({ exit }) => exit),
    [2, 0, 1, 1],
  );
  t.deepEqual(
    objects[0]!.errors!.map(({ message }) => message),
    ['g0', 'g1'].map((name) => `cannot change "${name}": there is no such device`),
  );
  t.is(objects[3]!.errors![0]!.message, 'cannot read "up \'g0": the quote \' has no end');
});

test('batch refuses commands that do not end by themselves: in a file before anything runs', async (t) => {
  const staying = [
    ...[
      'create r1',
      'hold r0',
      'monitor',
      'metrics',
      'stats --watch',
      'stats r0 --watch 2',
      'fwd r0 r1',
      'demo',
      'bench',
    ],
    ...[
      'rx-dump r0',
      'rx-dump r0 -w x.pcap',
      'rx-dump r0 -w x.pcap -G 1',
      'rx-dump r0 -w x.pcap -C 1 -G 1 -W 2',
      'tx-inject r0 --hex 00 -l 0',
      'batch',
      'batch x --json',
      '--netns 1 monitor',
    ],
  ];
  for (const line of staying) {
    const { code, stdout, stderr } = await runWith(
      {},
      'batch',
      '--keep-going',
      batchFile('create r0 --persist', line),
    );
    t.deepEqual([code, stdout], [1, ''], line);
    t.regex(
      stderr,
      /^rtap: line 2: cannot run "[a-z-]+" in a batch: it does not end by itself\nhint: .+\n$/,
      line,
    );
    t.is(findIpLink('r0'), undefined, line);
  }
});

test('batch refuses them from a pipe when their line comes', async (t) => {
  const { code, stderr } = await piped(['create p0 --persist', 'monitor', 'create p1 --persist']);
  t.is(code, 1);
  t.is(
    stderr,
    'rtap: line 2: cannot run "monitor" in a batch: it does not end by itself\nhint: run it as a command of its own\n',
  );
  t.truthy(findIpLink('p0'));
  t.is(findIpLink('p1'), undefined);
});

test('batch finds the mistakes of a file before anything runs, and reports each', async (t) => {
  const path = batchFile(
    'create w0 --persist',
    'mtu',
    'up w0 --fast',
    'creat w1',
    'up w0; up w1',
    'rtap up w0',
  );
  const { code, stderr } = await runWith({}, 'batch', path);
  t.is(code, 1);
  t.deepEqual(
    stderr.split('\n').filter((line) => line.startsWith('rtap: ')),
    [
      'rtap: line 2: cannot read argument "device": it is missing',
      'rtap: line 3: cannot use option "--fast": there is no such option',
      'rtap: line 4: cannot run "creat": there is no such command',
      'rtap: line 5: cannot read "up w0; up w1": no shell reads it, so ; has no effect (quote it, or write a script)',
      'rtap: line 6: cannot run "rtap up w0": a line begins with the command, without "rtap"',
    ],
  );
  t.is(findIpLink('w0'), undefined);
});

test('batch runs what ends by itself: holders in the background, dumps with an end, and injections', async (t) => {
  const capture = join(directory, 'frames.pcap');
  const lines = [
    'create e0 --up --detach --queues 1',
    'create e1 --persist --up --queues 1',
    'hold e1 --detach --json',
    `tx-inject e0 --hex ${frameOf(1)} -l 3`,
    `rx-dump e1 -w ${capture} --duration 10ms`,
    `rx-dump e1 -w ${directory}/%s.pcap -G 1 -W 1`,
    `tx-inject e1 --hex ${frameOf(1, 13)}`,
    'release e0 e1',
  ];
  const { code, stdout, stderr } = await piped(lines, '--keep-going');
  t.is(code, 3, stderr);
  t.true(
    stdout.startsWith(
      `e0: ready, 1 queue\n{"ifname":"e1","ifindex":${ipLink('e1').ifindex},"queues":1,"pid":`,
    ),
  );
  t.regex(stderr, /3 packets offered, 3 accepted/);
  t.regex(stderr, /^rtap: line 7: cannot finish "tx-inject e1 .*": its exit code is 3$/m);
  t.is(findIpLink('e0'), undefined);
  const background = await piped(['hold e9 --detach'], '--json');
  t.is(background.code, 2);
  t.like(JSON.parse(background.stdout), {
    line: 1,
    exit: 2,
    errors: [{ message: 'cannot hold "e9": there is no such device' }],
  });
});

test('batch --json reports the lines of a file that it refuses, and runs none', async (t) => {
  const path = batchFile(
    'create v0 --persist',
    'monitor',
    'mtu',
    'rx-dump v0 -c 1',
    'rx-dump v0 -c 1 --count',
  );
  const { code, stdout } = await runWith({}, 'batch', '--json', path);
  t.is(code, 1);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonLine);
  t.deepEqual(
    objects.map(({ line, exit, output, errors }) => [line, exit, output, errors![0]!.message]),
    [
      [2, 1, null, 'cannot run "monitor" in a batch: it does not end by itself'],
      [3, 1, null, 'cannot read argument "device": it is missing'],
      [4, 1, null, 'cannot run "rx-dump" in a batch with --json: its frames go to standard output'],
    ],
  );
  t.is(findIpLink('v0'), undefined);
});

test('warnings of a batch name the line, too', async (t) => {
  ip('tuntap add dev warn0 mode tap multi_queue');
  const { code, stderr } = await piped(['', 'create warn0 --persist --exist-ok']);
  t.is(code, 0);
  t.regex(stderr, /^rtap: warning: line 2: warn0 has no owner and no group: /);
});

test('batch lets no command read the standard input that has its lines', async (t) => {
  await done('create', 'i0', '--persist', '--up');
  const { code, stdout, stderr } = await piped(['tx-inject i0 -r -', 'mtu i0'], '--keep-going');
  t.deepEqual([code, stdout], [1, '1500\n']);
  t.regex(stderr, /^rtap: line 1: cannot read standard input: the batch reads its commands from there$/m);
});

test('batch reads a pipe as it comes, and its answers come at once', async (t) => {
  const batch = start(['batch', '-', '--json', '--keep-going'], { inputOpen: true });
  for (let round = 1; round <= 5; round++) {
    batch.write(`create live${round} --per`);
    batch.write('sist --json\n');
    await batch.waitFor(new RegExp(`"line":${3 * round - 2},"exit":0,"output":\\{"ifname":"live${round}"`));
    t.truthy(findIpLink(`live${round}`));
    batch.write(`mtu live${round}\ndelete live${round} absent0\n`);
    await batch.waitFor(new RegExp(`"line":${3 * round},"exit":2,"output":null,"errors"`));
    t.is(findIpLink(`live${round}`), undefined);
  }
  batch.write('list');
  batch.endInput();
  t.is((await batch.ended()).code, 2);
  t.regex(batch.stdout, /\{"line":16,"exit":0,"output":\[.*\]\}\n$/, 'a last line without its end');
});

test('batch ends by a signal while it waits for a line, and keeps what was done', async (t) => {
  const batch = start(['batch'], { inputOpen: true });
  batch.write('create z0 --persist\nmtu z0\n');
  await batch.waitFor(/1500/);
  t.is((await batch.stop('SIGTERM')).code, 0);
  t.truthy(findIpLink('z0'));
});

test('batch ends behind the line at which a signal comes', async (t) => {
  const lines = Array.from({ length: 3000 }, (_, index) => `create y${index} --persist --queues 1`);
  const batch = start(['batch', batchFile(...lines)]);
  const deadline = Date.now() + 30_000;
  while (findIpLink('y3') === undefined && Date.now() < deadline)
    await new Promise((turn) => setImmediate(turn));
  const { code, stderr } = await batch.stop('SIGINT');
  t.is(code, 3);
  const next = Number(/^batch: a signal ended it before line (\d+)$/m.exec(stderr)?.[1]);
  t.truthy(findIpLink(`y${next - 2}`));
  t.is(findIpLink(`y${next - 1}`), undefined);
});

test('batch ends when the reader of its output has left, and says by its exit code that lines are left', async (t) => {
  await done('create', 'c0', '--persist');
  const lines = [...Array.from({ length: 10_000 }, () => 'show c0'), 'delete c0'];
  const batch = start(['batch', batchFile(...lines)], { outputUnread: true });
  batch.closeOutput();
  const { code, stderr } = await batch.ended();
  t.deepEqual([code, stderr], [3, '']);
  t.truthy(findIpLink('c0'));
});

test('batch refuses a file that is none, a folder, and a line that is too long', async (t) => {
  const absent = await runWith({}, 'batch', join(directory, 'absent'));
  t.is(absent.code, 2);
  t.regex(
    absent.stderr,
    /^rtap: cannot open ".*absent": open failed with ENOENT \(there is no such file or directory\)\n/,
  );
  mkdirSync(join(directory, 'folder'));
  const folder = await runWith({}, 'batch', join(directory, 'folder'));
  t.is(folder.code, 2);
  t.regex(folder.stderr, /^rtap: cannot read ".*folder": read failed with EISDIR \(it is a directory\)\n/);
  const long = await piped(['mtu c9', `mtu ${'x'.repeat(300_000)}`], '--keep-going');
  t.is(long.code, 1);
  t.regex(long.stderr, /^rtap: cannot read line 2: it is longer than 262144 bytes$/m);
});

test('batch does nothing for an empty file and an empty pipe', async (t) => {
  for (const { code, stdout, stderr } of [
    await runWith({}, 'batch', '/dev/null'),
    await piped([]),
    await runWith({}, 'batch', batchFile()),
  ])
    t.deepEqual([code, stdout, stderr], [0, '', '']);
});

test('batch feeds a fifo and a file on standard input like a pipe and a file', async (t) => {
  const script =
    'mkfifo "$1/fifo"; (echo mtu f0; echo monitor; echo mtu f0) >"$1/fifo" & "$2" batch "$1/fifo"; wait; "$2" batch <"$1/file"';
  await done('create', 'f0', '--persist');
  writeFileSync(join(directory, 'file'), 'mtu f0\nmonitor\n');
  const { code, stdout, stderr } = await new RunningProcess('sh', [
    '-c',
    script,
    'sh',
    directory,
    RTAP,
  ]).ended();
  t.deepEqual([code, stdout], [1, '1500\n'], 'the fifo runs its first line, the file none');
  t.is(stderr.match(/line 2: cannot run "monitor"/g)?.length, 2);
});

test('lines of a batch do not know of each other', async (t) => {
  ip('tuntap add dev l0 mode tap multi_queue');
  const lines = [
    'show l9',
    'mtu l0 --json',
    'mtu l0',
    'stats l0 --per-queue',
    'list --unused --json',
    'create l1 --persist --json',
    'create l2 --persist',
  ];
  const { code, stdout } = await piped(lines, '--keep-going');
  t.is(code, 2);
  const alone = [await json('mtu', 'l0'), await done('stats', 'l0', '--per-queue')] as const;
  t.true(stdout.startsWith(`${JSON.stringify(alone[0])}\n1500\n${alone[1]}[`));
  t.regex(stdout, /\n\{"ifname":"l1","ifindex":\d+,"queues":4\}\n$/, 'the second create has no --json');
});
