import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { readDumpOptions } from '../../../src/cli/rx-dump/run/dump-arguments.js';
import { runFileDump } from '../../../src/cli/rx-dump/run/file-dump.js';
import { PcapngWriter } from '../../../src/packet/capture/pcapng-writer.js';
import { makeConsole } from '../../cli/scripted-console.js';
import { BlockBuilder } from '../../packet/capture/pcapng-blocks.js';
import { captureOf } from '../capture.js';
import { done, RTAP, refusal, run, runWith, start } from '../command.js';
import { runTool } from '../peer.js';

process.env.TZ = 'UTC';
const directory = mkdtempSync(join(tmpdir(), 'rtap-test-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

const SHARED = fileURLToPath(new URL('../../../../shared/captures/', import.meta.url));
const shared = existsSync(SHARED) ? readdirSync(SHARED).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

/** UDP from 10.0.0.1 to 10.0.0.2, `payload` behind it, without checksums. */
function udpFrame(sourcePort: number, payload: string): string {
  const length = 28 + payload.length / 2;
  const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0');
  const ip = `4500${hex(length, 2)}00000000401100000a0000010a000002`;
  return `0200000000020200000000010800${ip}${hex(sourcePort, 2)}0009${hex(length - 20, 2)}0000${payload}`;
}

/** TCP from 10.0.0.1 to 10.0.0.2, `payload` behind it, without checksums. */
function tcpFrame(payload: string): string {
  const ipBytes = 40 + payload.length / 2;
  const ip = `4500${ipBytes.toString(16).padStart(4, '0')}00000000400600000a0000010a000002`;
  return `0200000000020200000000010800${ip}03e8000900000001000000015010100000000000${payload}`;
}

/** A pcapng of one TCP frame whose virtio-net header asks for segments of `segmentBytes`. */
function largeFrame(hex: string, segmentBytes: number): Uint8Array {
  const frame = Buffer.from(hex, 'hex');
  const bytes = new Uint8Array(frame.length + 1000);
  const writer = new PcapngWriter(bytes);
  let end = writer.sectionHeader(0, 'test');
  end += writer.interfaceDescription(end, { name: 'io0', snapshotBytes: 262_144 });
  end += writer.packet(end, {
    interfaceId: 0,
    seconds: 1,
    nanoseconds: 0,
    frame,
    capturedLength: frame.length,
    originalLength: frame.length,
    direction: 'outbound',
    queue: 0,
    virtioNetHeader: Uint8Array.of(1, 1, 54, 0, segmentBytes, 0, 34, 0, 16, 0),
    checksumFinished: false,
  });
  return bytes.subarray(0, end);
}

const FRAMES = [1000, 1001, 1002, 1003].map((port) =>
  udpFrame(port, '48656c6c6f2c0d0a776f726c6421'.repeat(3)),
);
const saved = join(directory, 'saved.pcap');
writeFileSync(saved, captureOf(FRAMES));

/** tcpdump's lines. They begin with neither queue nor length. */
function tcpdumpOf(path: string, ...words: string[]): string {
  return runTool('tcpdump', '-nn', '-S', ...words, '-r', path);
}

if (shared.length === 0) {
  test('rx-dump -r reads captures of other programs', (t) => {
    const reason = `no captures in ${SHARED}`;
    if (process.env.CI) t.fail(reason);
    t.log(`skipped: ${reason}`);
    t.pass();
  });
}

for (const name of shared) {
  test(`rx-dump -r rewrites ${name} so that tcpdump and capinfos see the same packets`, async (t) => {
    const path = join(SHARED, name);
    const written = join(directory, `${name}.pcapng`);
    const options = readDumpOptions({ queue: 'all', write: written });
    const facts = runTool('sh', '-c', 'capinfos -Tm -r -c -E "$0" 2>/dev/null | tail -1', path).trimEnd();
    const [, encapsulation, count] = facts.split(',');
    const console = makeConsole();
    await runFileDump([path], options, console);
    if (encapsulation !== 'ether' && count !== '0') {
      t.regex(console.noted.join('\n'), /\d+ packets? of link type \d+ \([\w ]+\) (got|passed over)/);
      return;
    }
    t.true(
      console.noted.includes(`${count} packet${count === '1' ? '' : 's'} read`),
      `${facts} ${console.noted}`,
    );
    // Without packets, a pcapng may have no interface block. tcpdump does not read such a file.
    if (count === '0') return;
    const view = ['-tt', '--nano', '-e', '-xx'];
    t.is(tcpdumpOf(written, ...view), tcpdumpOf(path, ...view));
  });
}

test('rx-dump -r hears a signal between two files of one piece of its input', async (t) => {
  const many = join(directory, 'many.pcap');
  const count = 10_000;
  writeFileSync(many, captureOf(Array.from({ length: count }, () => FRAMES[0]!)));
  const folder = mkdtempSync(join(directory, 'files-'));
  const console = makeConsole();
  console.onStop = (stop) => {
    const timer = setTimeout(() => stop('SIGINT'), 20);
    return () => clearTimeout(timer);
  };
  const write = join(folder, 'f');
  await runFileDump([many], readDumpOptions({ queue: 'all', read: [many], write, fileSize: '1k' }), console);
  t.true(readdirSync(folder).length < count / 12 / 2, 'the signal ended the run long before the last file');
  t.true(readdirSync(folder).every((name) => !name.endsWith('.part')));
});

test('rx-dump refuses a command of -z that does not exist, before it writes a file', async (t) => {
  const write = join(directory, 'unwritten');
  const words = ['rx-dump', '-r', saved, '-w', write, '-C', '1', '-z', 'no-such-command -9'];
  t.deepEqual(await refusal(...words), [
    2,
    'rtap: cannot run "no-such-command": there is no such command',
    'hint: install it, or write its path: command -v NAME tells where a program is',
  ]);
  t.false(existsSync(`${write}.part`));
});

const letters: readonly (readonly string[])[] = [
  [],
  ['-t'],
  ['-tt', '-#'],
  ['-ttt'],
  ['-tttt', '--nano'],
  ['-ttttt'],
  ['-x'],
  ['-xx', '-c', '2'],
  ['-X'],
  ['-XX'],
  ['-A'],
  ['-AA'],
  ['-nne'],
  ['src', 'port', '1001', 'or', '1003'],
  ['-v', 'udp[0:2] = 1002'],
];

for (const words of letters) {
  test(`rx-dump -r prints what tcpdump -r does with ${words.join(' ') || 'nothing more'}`, async (t) => {
    const ours = await done('rx-dump', '-r', saved, ...words);
    // The length stands in front of the summary.
    const lines = ours.replace(/^([^\t\n]*?)\b84 (?=IP|0)/gm, '$1');
    // A date has the form of RFC 3339, where tcpdump has a blank and no zone.
    t.is(/^\d{4}-\d\d-\d\dT/.test(lines), words.includes('-tttt'));
    t.is(lines.replace(/^(\d{4}-\d\d-\d\d)T([\d:.]+)\+00:00 /gm, '$1 $2 '), tcpdumpOf(saved, ...words));
  });
}

test('rx-dump -r -s cuts packets as editcap does', async (t) => {
  const theirs = join(directory, 'theirs.pcap');
  const ours = join(directory, 'ours.pcap');
  runTool('editcap', '-s', '40', saved, theirs);
  await done('rx-dump', '-r', saved, '-s', '40', '-w', ours);
  t.is(tcpdumpOf(ours, '-e', '-xx'), tcpdumpOf(theirs, '-e', '-xx'));
  const printed = await done('rx-dump', '-r', saved, '-s', '40', '-t');
  t.is(printed.replace(/^84 /gm, ''), tcpdumpOf(theirs, '-t').replaceAll('  ', ' '));
});

test('rx-dump -r reads standard input, counts, and writes both formats', async (t) => {
  const input = readFileSync(saved);
  const counted = await runWith(
    { input },
    'rx-dump',
    '-r',
    '-',
    '--count',
    'udp',
    'src',
    'portrange',
    '1001-1002',
  );
  t.deepEqual([counted.code, counted.stdout], [0, '2 packets\n']);
  t.is(counted.stderr, 'rx-dump: reading from standard input\n4 packets read\n2 packets matched\n');
  t.is(await done('rx-dump', '-r', saved, '--count', '--json'), '{"packets":4}\n');
  const filter = join(directory, 'filter');
  writeFileSync(filter, '# the middle ones\nudp src portrange\n  1001-1002 # no more\n');
  const ignored = ['-S', '-K', '-p', '--immediate-mode'];
  t.is(await done('rx-dump', '-r', saved, '--count', ...ignored, '-F', filter), '2 packets\n');
  for (const [words, magic] of [
    [[], '0a0d0d0a'],
    [['--pcap'], '4d3cb2a1'],
  ] as const) {
    const { bytes } = await runWith({}, 'rx-dump', '-r', saved, '-w', '-', ...words);
    t.is(bytes.toString('hex', 0, 4), magic);
    const path = join(directory, `out-${magic}`);
    writeFileSync(path, bytes);
    t.is(tcpdumpOf(path, '-tt', '-xx'), tcpdumpOf(saved, '-tt', '-xx'));
  }
});

test('rx-dump -r keeps queue, direction, interface and header when it rewrites a capture, byte for byte', async (t) => {
  const [first, second] = ['first.pcapng', 'second.pcapng'].map((name) => join(directory, name)) as [
    string,
    string,
  ];
  await done('rx-dump', '-r', saved, '-w', first);
  await done('rx-dump', '-r', first, '-w', second);
  t.is(readFileSync(first).compare(readFileSync(second)), 0);
  const line = JSON.parse((await done('rx-dump', '-r', first, '-c', '1', '--json')).trimEnd()) as object;
  t.like(line, { queue: null, interface: null, direction: null, vnet: null, length: 84, originalLength: 84 });
  t.is(await done('rx-dump', '-r', first, '-q', '0'), '');
  t.is(await done('rx-dump', '-r', first, '--count', '--', 'src', 'port', '1000'), '1 packet\n');
});

test('rx-dump -r prints the packets before a fault and its place, and exits with 3', async (t) => {
  const whole = readFileSync(saved);
  const cut = await runWith({ input: whole.subarray(0, -5) }, 'rx-dump', '-r', '-', '-t');
  t.is(cut.code, 3);
  t.is(cut.stdout.trimEnd().split('\n').length, 3);
  t.regex(
    cut.stderr,
    /\n3 packets read\nrtap: cannot read capture "standard input": record 4 is cut: 84 bytes wanted, 79 there\n/,
  );
  const corrupt = Buffer.from(whole);
  corrupt.writeUInt32LE(0x7fffffff, 24 + 2 * 100 + 8);
  const broken = await runWith({ input: corrupt }, 'rx-dump', '-r', '-', '-t');
  t.deepEqual([broken.code, broken.stdout.trimEnd().split('\n').length], [3, 2]);
  t.regex(broken.stderr, /record 3 is corrupt/);
  const foreign = await runWith({ input: 'no capture at all' }, 'rx-dump', '-r', '-');
  t.is(foreign.code, 3);
});

const COOKED = '0000 0001 0006 020000000001 0000 0800'.replaceAll(' ', '');
const IP = FRAMES[0]!.slice(28);

test('rx-dump -r reads on after packets that cannot be Ethernet, names their link type, and exits with 3', async (t) => {
  const paths = ([1, 105, 113] as const).map((linkType) => {
    const path = join(directory, `link-${linkType}.pcap`);
    writeFileSync(path, captureOf([linkType === 113 ? COOKED + IP : FRAMES[0]!], { linkType }));
    return path;
  });
  const mixed = join(directory, 'mixed.pcapng');
  runTool('mergecap', '-a', '-F', 'pcapng', '-w', mixed, ...paths);
  const { code, stdout, stderr } = await run('rx-dump', '-r', mixed, '-t');
  t.is(code, 3);
  t.deepEqual(
    stdout.trimEnd().split('\n'),
    new Array(2).fill('84 IP 10.0.0.1.1000 > 10.0.0.2.9: UDP, length 42'),
  );
  t.is(
    stderr,
    [
      `rx-dump: reading from ${mixed}`,
      '2 packets read',
      '1 packet of link type 113 (Linux cooked) got an Ethernet header',
      '1 packet of link type 105 (802.11) passed over: rtap cannot turn them into Ethernet frames',
      '',
    ].join('\n'),
  );
  const wireless = await run('rx-dump', '-r', paths[1]!);
  t.deepEqual([wireless.code, wireless.stdout], [3, '']);
  writeFileSync(paths[1]!, captureOf([], { linkType: 105 }));
  const empty = await run('rx-dump', '-r', paths[1]!);
  t.deepEqual([empty.code, empty.stdout], [0, '']);
});

test('rx-dump -r gives a slow reader everything, and a signal ends it', async (t) => {
  const path = join(directory, 'large.pcap');
  writeFileSync(path, captureOf(Array.from({ length: 20_000 }, () => FRAMES[0]!)));
  const slow = start(['rx-dump', '-r', path, '-XX'], { outputUnread: true });
  await slow.waitFor(/reading from/, 'stderr');
  slow.signal('SIGUSR1');
  await slow.waitFor(/\d+ packets read\n/, 'stderr');
  slow.signal('SIGUSR2');
  const { code, signal, stderr } = await slow.stop();
  t.deepEqual([code, signal], [3, null], stderr);
  t.regex(stderr, /\n\d+ packets not written: /);
  const script = '"$0" "$1" "$2" "$3" -XX | (sleep 1; wc -l)';
  t.is(runTool('bash', '-c', script, RTAP, 'rx-dump', '-r', path).trim(), String(20_000 * 7));
});

test('rx-dump -r refuses options that do not fit a saved capture', async (t) => {
  const rows: readonly (readonly [words: readonly string[], code: number, message: string, hint?: string])[] =
    [
      [
        ['-r', join(directory, 'absent')],
        2,
        `rtap: cannot open "${join(directory, 'absent')}": open failed with ENOENT`,
      ],
      [['-r', saved, '-w', saved], 1, `rtap: cannot write "${saved}": it is the capture that rtap reads`],
      [['-r', '-', '-r', saved, '-r', '-'], 1, 'rtap: cannot read standard input twice: give -r - once'],
      [
        ['-r', saved, '-r', join(directory, 'absent')],
        2,
        `rtap: cannot open "${join(directory, 'absent')}": open failed with ENOENT`,
      ],
      [
        ['-r', `${saved}0`, '-r', saved, '-w', saved],
        1,
        `rtap: cannot write "${saved}": it is the capture that rtap reads`,
      ],
      [[], 1, 'rtap: cannot read frames: give the name of a device, or -r and a file'],
      [['-r', saved, 'tcp', 'porridge'], 1, 'rtap: cannot use filter "tcp porridge": '],
      [
        ['io0', '-r', saved],
        1,
        'rtap: cannot use filter "io0": ',
        'hint: -r reads a file and no device: leave io0 out',
      ],
      [
        ['-r', saved, 'lo', 'or', 'x'],
        1,
        'rtap: cannot use filter "lo or x": ',
        'hint: -r reads a file and no device: leave lo out',
      ],
      [['-r', saved, '-i', 'io0'], 1, 'rtap: cannot use "-i" with -r: a saved capture has no device'],
      [
        ['-r', saved, '-F', saved, 'tcp'],
        1,
        `rtap: cannot use "-F" with a filter: "${saved}" and "tcp" are given`,
      ],
      [['-r', saved, '-F', 'absent'], 2, 'rtap: cannot read "absent": read failed with ENOENT'],
    ];
  for (const [words, code, message, wanted] of rows) {
    const [given, said = '', hint] = await refusal('rx-dump', ...words);
    t.deepEqual([given, said.slice(0, message.length)], [code, message]);
    t.is(hint, wanted);
  }
  t.is(runTool('tcpdump', '-nr', saved).trimEnd().split('\n').length, 4);
});

test('rx-dump -r gives all packets to a reader that sleeps, also before a fault, with -c, and of one frame in many segments', async (t) => {
  const path = join(directory, 'sleepy.pcap');
  writeFileSync(path, captureOf(Array.from({ length: 20_000 }, () => FRAMES[0]!)));
  const cut = join(directory, 'sleepy-cut.pcap');
  writeFileSync(cut, readFileSync(path).subarray(0, -1));
  const read = (...words: string[]) =>
    runTool('bash', '-c', '"$0" "$@" | (sleep 2.5; wc -l)', RTAP, 'rx-dump', '-t', '-r', ...words).trim();
  t.is(read(path, '-c', '10000', '-XX'), String(10_000 * 7));
  t.is(read(cut, '-XX'), String(19_999 * 7));
  const payload = '00'.repeat(60_000);
  const large = join(directory, 'large-frame.pcapng');
  writeFileSync(large, largeFrame(tcpFrame(payload), 1));
  t.is(read(large, '--segment', '-XX'), String(60_000 * 5));
});

test('rx-dump and tx-inject ask for the files of a folder', async (t) => {
  for (const words of [
    ['rx-dump', '-r', directory],
    ['rx-dump', '-r', saved, '-r', directory],
  ]) {
    const ran = await run(...words);
    t.is(ran.code, 2, ran.stderr);
    t.regex(ran.stderr, /\nhint: give each file in it: -r FILE -r FILE\n$/);
  }
});

test('rx-dump -r reads several captures in turn, and writes what mergecap -a writes', async (t) => {
  const folder = mkdtempSync(join(directory, 'row-'));
  const first = join(folder, 'first.pcap');
  writeFileSync(first, captureOf(FRAMES.slice(0, 2)));
  const second = join(folder, 'second.pcap.gz');
  writeFileSync(second, gzipSync(captureOf(FRAMES.slice(2))));
  const written = join(folder, 'written.pcapng');
  const words = ['-r', first, '-r', second, '-r', saved];
  const { code, stderr } = await run('rx-dump', ...words, '-w', written);
  t.is(code, 0);
  t.is(
    stderr,
    `${[first, second, saved].map((path) => `rx-dump: reading from ${path}\n`).join('')}${FRAMES.length + 4} packets read\n`,
  );
  const merged = join(folder, 'merged.pcapng');
  runTool('mergecap', '-a', '-F', 'pcapng', '-w', merged, first, second, saved);
  t.is(tcpdumpOf(written, '-tt', '-xx'), tcpdumpOf(merged, '-tt', '-xx'));
  t.is(await done('rx-dump', ...words, '-c', '3', '--count'), '3 packets\n');
});

const UDP_LINES = ['192.0.2.9.1001', '192.0.2.9.1002'].map(
  (from) => `IP ${from} > 192.0.2.1.2000: UDP, length 18`,
);

/** What rx-dump -r prints of each file of captures that readers stumble over: its lengths, its exit code. */
const CASES: Readonly<Record<string, readonly [lengths: readonly number[], code: number]>> = {
  '01-all-sll.pcapng': [[60, 60], 0],
  '01-mixed-eth-first.pcapng': [[60, 60, 60], 0],
  '01-unused-only-eth-empty.pcapng': [[], 0],
  '06-spb-first.pcapng': [[60, 60], 0],
  '06-fcslen.pcapng': [[60, 60], 0],
  '07-0-null.pcap': [[60, 60], 0],
  '07-101-raw.pcap': [[60, 60], 0],
  '07-113-sll.pcap': [[60, 60], 0],
  '07-276-sll2.pcap': [[60, 60], 0],
  '08-modified-le.pcap': [[60, 60], 0],
};

for (const [name, [lengths, code]] of shared.length === 0 ? [] : Object.entries(CASES)) {
  test(`rx-dump -r prints the packets of ${name}`, async (t) => {
    const ran = await run('rx-dump', '-t', '-r', join(SHARED, 'cases', name));
    t.is(ran.code, code, ran.stderr);
    const lines = ran.stdout.split('\n').slice(0, -1);
    t.deepEqual(
      lines.map((line) => Number(line.split(' ', 1)[0])),
      lengths,
    );
    for (const [index, line] of lines.slice(0, 2).entries()) t.true(line.endsWith(UDP_LINES[index]!), line);
  });
}

test('rx-dump -r says that packets have no time when it writes them as pcap, and only then', async (t) => {
  const blocks = new BlockBuilder(true);
  const frame = [...Buffer.from(FRAMES[0]!, 'hex')];
  const path = join(directory, 'timeless.pcapng');
  const packets = [...blocks.simple(frame.length, frame), ...blocks.simple(frame.length, frame)];
  writeFileSync(path, Uint8Array.from([...blocks.section(), ...blocks.interface(1, 0), ...packets]));
  const note = '2 packets without a time: a pcap file has 0 for it, which is 1970';
  const written = await run('rx-dump', '-r', path, '-w', join(directory, 'timeless.pcap'));
  t.is(written.code, 0);
  t.true(written.stderr.split('\n').includes(note), written.stderr);
  t.regex(runTool('tcpdump', '-tttt', '-r', join(directory, 'timeless.pcap')), /^1970-01-01 00:00:00/);
  for (const words of [[], ['-w', join(directory, 'again.pcapng')]])
    t.notRegex((await run('rx-dump', '-r', path, ...words)).stderr, /without a time/);
});
