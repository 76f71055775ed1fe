import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { captureOf, frameOf } from '../capture.js';
import { done, run, runProcess, start } from '../command.js';
import { eventually } from '../deadline.js';
import { PacketSocket } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** A capture of frames with these numbers, recorded at these seconds. */
function capture(name: string, frames: readonly (readonly [number: number, second: number])[]): string {
  const path = join(directory, name);
  const bytes = captureOf(frames.map(([number]) => frameOf(number)));
  for (const [index, [, second]] of frames.entries()) bytes.writeUInt32LE(second, 24 + index * 76);
  writeFileSync(path, bytes);
  return path;
}

/** The numbers of frames that came out of the device. */
function numbersOf(frames: readonly { readonly hex: string }[]): number[] {
  return frames.map(({ hex }) => Number.parseInt(hex.slice(28, 36), 16));
}

/** The captures that a process has open. */
function openCaptures(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder)
    .map((fd) => linkOf(join(folder, fd)))
    .filter((path) => path.endsWith('.pcap'));
}

/** A descriptor that was closed meanwhile has none. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

const first = capture('first.pcap', [
  [1, 1000],
  [2, 1000],
]);
const second = capture('second.pcap', [[3, 1001]]);
const earlier = capture('earlier.pcap', [
  [4, 10],
  [5, 4610],
]);
const row = ['-r', first, '-r', second, '-r', earlier];

test.serial('tx-inject sends several captures in turn, in each loop, with and without -K', async (t) => {
  await done('create', 'row0', '--persist', '--up');
  for (const preload of [[], ['-K']]) {
    const socket = await PacketSocket.open('row0', 'in');
    const { code, stderr } = await run('tx-inject', 'row0', ...row, '-t', '-l', '2', ...preload);
    t.is(code, 0, stderr);
    t.deepEqual(numbersOf(await socket.close()), [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    t.regex(stderr, /^10 packets offered, 10 accepted/m);
  }
});

test.serial('tx-inject goes on with the recorded times, and cuts longer pauses with --max-gap', async (t) => {
  await done('create', 'gap0', '--persist', '--up');
  for (const preload of [[], ['-K']]) {
    const words = [...row, '--max-gap', '500ms', '--json', ...preload];
    const { code, stdout, stderr } = await runProcess('tx-inject', 'gap0', ...words);
    t.is(code, 0, stderr);
    // A second between the files and 4,600 seconds within the last: each is half a second.
    t.regex(
      stderr,
      /^tx-inject: a pause of 1 s is cut to 0.5 s \(--max-gap\); the report counts further ones$/m,
    );
    t.regex(stderr, /^2 pauses cut to 0.5 s, 4600 s left out$/m);
    const ledger = JSON.parse(stdout) as { seconds: number; pauses_cut: unknown };
    t.true(ledger.seconds >= 1 && ledger.seconds < 10, `${ledger.seconds} s`);
    t.deepEqual(ledger.pauses_cut, { count: 2, seconds: 4600 });
  }
});

test.serial('tx-inject --progress counts a pause down, and a signal ends it', async (t) => {
  await done('create', 'pause0', '--persist', '--up');
  const sender = start(['tx-inject', 'pause0', '-r', earlier, '--progress']);
  await sender.waitFor(/^pause0: 1 packet, .*next packet in 459\d\.\d s$/m, 'stderr');
  const { code, stderr } = await sender.stop();
  t.is(code, 0);
  t.regex(stderr, /1 packet offered, 1 accepted/);
});

test.serial('tx-inject --loop-delay pauses between two loops at every speed', async (t) => {
  await done('create', 'delay0', '--persist', '--up');
  for (const words of [
    ['-r', first, '-t'],
    ['-r', first],
    ['--udp', '10.0.0.1:1-10.0.0.2:2', '--vary', 'src-port=1..2'],
  ]) {
    const loops = [...words, '-l', '3', '--loop-delay', '200ms', '--json'];
    const { code, stdout, stderr } = await runProcess('tx-inject', 'delay0', ...loops);
    t.is(code, 0, stderr);
    const { accepted, seconds } = JSON.parse(stdout) as { accepted: number; seconds: number };
    t.is(accepted, 6);
    t.true(seconds >= 0.4 && seconds < 8, `${seconds} s`);
  }
  const paced = ['--rate', '1kpps', '-l', '2', '--loop-delay', '1s', '--json', '-r', first];
  const { stdout, stderr } = await runProcess('tx-inject', 'delay0', ...paced);
  t.like(JSON.parse(stdout), { rate: { asked: 1000 } });
  t.notRegex(stderr, /reached 4 pps/);
});

test.serial('tx-inject says that --duration outlives its input', async (t) => {
  await done('create', 'early0', '--persist', '--up');
  const words = ['tx-inject', 'early0', '-r', first, '-t', '--duration'] as const;
  const ended =
    /^tx-inject: the input ended after 0(\.\d+)? s, before --duration \(60 s\); -l 0 repeats it$/m;
  t.regex((await run(...words, '60s')).stderr, ended);
  const repeated = await run(...words, '50ms', '-l', '0');
  t.is(repeated.code, 0);
  t.notRegex(repeated.stderr, /the input ended/);
});

test.serial('tx-inject sends files, compressed files, a pipe and standard input in turn', async (t) => {
  await done('create', 'mix0', '--persist', '--up');
  const zipped = join(directory, 'zipped.pcap');
  writeFileSync(zipped, gzipSync(captureOf([frameOf(7)])));
  const pipe = join(directory, 'pipe');
  t.is(spawnSync('mkfifo', [pipe]).status, 0);
  for (const loops of [1, 3]) {
    const socket = await PacketSocket.open('mix0', 'in');
    const words = ['-r', first, '-r', '-', '-r', zipped, '-r', pipe, '-t', '-l', String(loops)];
    const sender = start(['tx-inject', 'mix0', ...words], { input: captureOf([frameOf(8)]) });
    writeFileSync(pipe, readFileSync(earlier));
    const { code, stderr } = await sender.ended();
    t.is(code, 0, stderr);
    const once = [1, 2, 8, 7, 4, 5];
    t.deepEqual(numbersOf(await socket.close()), Array.from({ length: loops }, () => once).flat());
  }
});

test.serial('tx-inject sends nothing when one of its captures cannot be opened', async (t) => {
  await done('create', 'lack0', '--persist', '--up');
  const absent = join(directory, 'absent.pcap');
  const { code, stderr } = await run('tx-inject', 'lack0', '-r', first, '-r', absent, '-t');
  t.is(code, 2);
  t.is(
    stderr,
    `rtap: cannot open "${absent}": open failed with ENOENT (there is no such file or directory)\n`,
  );
});

test.serial('tx-inject names the capture that is cut, and sends what comes before', async (t) => {
  await done('create', 'cut0', '--persist', '--up');
  const cut = join(directory, 'cut.pcap');
  writeFileSync(cut, captureOf([frameOf(9), frameOf(10)]).subarray(0, -1));
  const socket = await PacketSocket.open('cut0', 'in');
  const { code, stderr } = await run('tx-inject', 'cut0', '-r', first, '-r', cut, '-r', second, '-t');
  t.is(code, 3);
  t.true(stderr.includes(`rtap: cannot read capture "${cut}": record 2`), stderr);
  t.deepEqual(numbersOf(await socket.close()), [1, 2, 9]);
});

test.serial('tx-inject has one of a hundred files open at a time', async (t) => {
  await done('create', 'many0', '--persist', '--up');
  const paths = Array.from({ length: 100 }, (_, number) =>
    capture(`many-${number}.pcap`, [[number, number]]),
  );
  const socket = await PacketSocket.open('many0', 'in');
  const words = paths.flatMap((path) => ['-r', path]);
  const { code, stdout, stderr } = await runProcess(
    'tx-inject',
    'many0',
    ...words,
    '-x',
    '1000',
    '-l',
    '2',
    '--json',
  );
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { offered: 200, accepted: 200, kernel: 200 });
  const numbers = paths.map((_, number) => number);
  t.deepEqual(numbersOf(await socket.close()), [...numbers, ...numbers]);
  const sender = start(['tx-inject', 'many0', ...words, '--max-gap', '20ms', '-l', '0']);
  const openNow = () => openCaptures(sender.pid);
  await eventually(() => openNow()[0] !== undefined, 'the first file is open');
  const seen = new Set<string>();
  await eventually(() => {
    const open = openNow();
    t.true(open.length <= 1, `${open}`);
    for (const path of open) seen.add(path);
    return seen.size > 10;
  }, 'more than ten files had their turn');
  t.is((await sender.stop()).code, 0);
});
