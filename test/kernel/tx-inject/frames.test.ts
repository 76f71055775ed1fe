import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { captureOf, frameOf, framesOf } from '../capture.js';
import { done, json, RTAP, run, runProcess, runWith, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startOnTerminal } from '../on-terminal.js';
import { PacketSocket, runPeer, runTool } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const LEDGER_KEYS = [
  'ifname',
  'queue',
  'offered',
  'accepted',
  'refused',
  'refused_link_types',
  'converted',
  'short',
  'offloaded',
  'cut',
  'kernel',
  'missed',
  'unread',
  'bytes',
  'seconds',
  'pps',
  'queues',
  'rate',
  'lateness_us',
  'pauses_cut',
  'stopped',
  'error',
];

/** Makes a device that is up, and opens a socket that sees what the kernel receives from it. */
async function openDevice(name: string, ...words: readonly string[]): Promise<PacketSocket> {
  await done('create', name, '--persist', '--up', ...words);
  return PacketSocket.open(name, 'in');
}

async function hexOf(socket: PacketSocket): Promise<string[]> {
  return (await socket.close()).map(({ hex }) => hex);
}

test.serial(
  'tx-inject sends 10,000 distinct frames into the kernel, in order and byte for byte',
  async (t) => {
    const path = join(directory, 'distinct.pcap');
    await runPeer('capture_file.py', path, 10_000, 14, 1514);
    const frames = framesOf(path);
    const socket = await openDevice('order0');
    const { code, stderr, stdout } = await run('tx-inject', 'order0', '-q', '0', '-t', '-r', path);
    t.deepEqual([code, stdout], [0, '']);
    const seen = await hexOf(socket);
    t.is(seen.length, 10_000);
    t.true(seen.every((hex, number) => hex === frames[number]));
    const { rx } = ipLink('order0').stats64;
    const bytes = frames.reduce((sum, hex) => sum + hex.length / 2, 0);
    t.is(rx.packets, 10_000);
    const lines = stderr.split('\n');
    t.is(lines[0], 'tx-inject: order0 queue 0');
    t.regex(
      lines[1]!,
      new RegExp(
        `^10000 packets offered, 10000 accepted \\(${bytes} bytes\\) in \\d+\\.\\d{6} s: [\\d.]+ [kM]?pps, `,
      ),
    );
    t.is(lines[2], '10000 packets received by the kernel');
    t.is(lines.length, 4);
  },
);

test('tx-inject reads the capture from standard input', async (t) => {
  const frames = Array.from({ length: 40 }, (_, number) => frameOf(number, 60 + number));
  const socket = await openDevice('pipe0');
  const { code, stderr } = await runWith({ input: captureOf(frames) }, 'tx-inject', 'pipe0', '-r', '-', '-t');
  t.is(code, 0, stderr);
  t.deepEqual(await hexOf(socket), frames);
});

test('tx-inject sends what a pipe brings before the pipe ends', async (t) => {
  const capture = captureOf([frameOf(1), frameOf(2), frameOf(3)]);
  const socket = await openDevice('slow0');
  const injection = start(['tx-inject', 'slow0', '-r', '-', '-t'], { inputOpen: true });
  injection.write(capture.subarray(0, 24 + 76 + 30));
  await eventuallyReceived('slow0', 1);
  injection.write(capture.subarray(24 + 76 + 30));
  await eventuallyReceived('slow0', 3);
  t.true(injection.running);
  injection.endInput();
  t.is((await injection.ended()).code, 0);
  t.deepEqual(await hexOf(socket), [frameOf(1), frameOf(2), frameOf(3)]);
});

test('tx-inject sends frames given in hex, in their order', async (t) => {
  const socket = await openDevice('hex0');
  const spaced = frameOf(2).replace(/(..)(?=.)/g, '$1:');
  await done('tx-inject', 'hex0', '--hex', frameOf(1), '--hex', spaced, '--hex', frameOf(3));
  t.deepEqual(await hexOf(socket), [frameOf(1), frameOf(2), frameOf(3)]);
});

test('tx-inject --count repeats the whole input', async (t) => {
  const frames = [frameOf(1), frameOf(2)];
  const path = join(directory, 'two.pcap');
  writeFileSync(path, captureOf(frames));
  const socket = await openDevice('count0');
  await done('tx-inject', 'count0', '-r', path, '-t', '--count', '50');
  await done('tx-inject', 'count0', '--hex', frameOf(3), '--hex', frameOf(4), '--count', '2');
  const piped = await runWith(
    { input: captureOf(frames) },
    'tx-inject',
    'count0',
    '-r',
    '-',
    '-t',
    '--count',
    '3',
  );
  t.is(piped.code, 0, piped.stderr);
  const expected = [
    ...Array.from({ length: 50 }, () => frames).flat(),
    ...[3, 4, 3, 4].map((number) => frameOf(number)),
    ...Array.from({ length: 3 }, () => frames).flat(),
  ];
  t.deepEqual(await hexOf(socket), expected);
});

test('tx-inject repeats a capture that -K keeps in memory, from a file and from a pipe, up to -L', async (t) => {
  const frames = [frameOf(1), frameOf(2, 1514), frameOf(3)];
  const path = join(directory, 'kept.pcap');
  writeFileSync(path, captureOf(frames));
  const socket = await openDevice('kept0');
  await done('tx-inject', 'kept0', '-r', path, '-t', '-K', '-l', '2');
  const words = ['-r', '-', '-t', '--preload-pcap', '-l', '0', '-L', '4'];
  const piped = await runWith({ input: captureOf(frames) }, 'tx-inject', 'kept0', ...words);
  t.is(piped.code, 0, piped.stderr);
  await done('tx-inject', 'kept0', '--hex', frameOf(9), '-l', '0', '--limit', '2');
  const wanted = [...frames, ...frames, ...frames, frameOf(1), frameOf(9), frameOf(9)];
  t.deepEqual(await hexOf(socket), wanted);
});

test('tx-inject --progress prints lines when standard error is no terminal', async (t) => {
  await done('create', 'progress0', '--persist', '--up');
  const words = ['--hex', frameOf(1), '-l', '0', '-p', '100', '--duration', '1.3s', '--progress'];
  const { code, stdout, stderr } = await runProcess('tx-inject', 'progress0', ...words);
  t.deepEqual([code, stdout], [0, '']);
  t.regex(stderr, /^progress0: \d+ packets, [\d.]+ k?pps, \d+ % done, \d\.\d s left\ntx-inject: /);
});

test('tx-inject --progress rewrites a line of the terminal, and removes it at the end', async (t) => {
  await done('create', 'screen0', '--persist', '--up');
  const command = `${RTAP} tx-inject screen0 --hex ${frameOf(1)} -l 0 -p 100 --duration 900ms --progress`;
  const screen = await startOnTerminal(command).ended();
  t.is(screen.code, 0, screen.stdout);
  const shown = screen.stdout.split('\r\x1b[K');
  t.true(shown.length >= 3, screen.stdout);
  for (const line of shown.slice(0, -1))
    t.regex(line, /^screen0: \d+ packets?, [\d.]+ k?pps, \d+ % done, \d\.\d s left$/);
  t.regex(shown.at(-1)!, /^tx-inject: screen0 queue 0\r\n\d+ packets offered, /);
});

test('tx-inject reads captures in pcapng, and those of other tools', async (t) => {
  const path = join(directory, 'tools.pcap');
  const text = join(directory, 'frame.txt');
  writeFileSync(text, `0000 ${frameOf(7).replace(/(..)/g, '$1 ')}\n`);
  runTool('text2pcap', '-q', '-F', 'pcap', text, path);
  runTool('editcap', '-F', 'pcapng', path, `${path}ng`);
  const socket = await openDevice('tools0');
  await done('tx-inject', 'tools0', '-r', path);
  await done('tx-inject', 'tools0', '-r', `${path}ng`);
  t.deepEqual(await hexOf(socket), [frameOf(7), frameOf(7)]);
});

test('tx-inject prints the ledger as JSON, with the figures of ip', async (t) => {
  const frames = Array.from({ length: 100 }, (_, number) => frameOf(number, 100));
  const path = join(directory, 'ledger.pcap');
  writeFileSync(path, captureOf(frames));
  await done('create', 'ledger0', '--persist', '--up');
  const ledger = await json('tx-inject', 'ledger0', '-r', path, '-t');
  t.deepEqual(Object.keys(ledger), LEDGER_KEYS);
  t.like(ledger, { offered: 100, accepted: 100, refused: {}, short: 0, kernel: 100, bytes: 10_000 });
  t.true((ledger.seconds as number) > 0);
  t.true(Math.abs(1 - ((ledger.pps as number) * (ledger.seconds as number)) / 100) < 0.01);
  t.is(ledger.lateness_us, null);
  t.like(ipLink('ledger0').stats64.rx, { packets: 100, bytes: 10_000 });
  t.like(await json('stats', 'ledger0'), { tx: { packets: 100, bytes: 10_000, errors: 0 } });
});

test('tx-inject writes into the queue that -q names, as the kernel sees it', async (t) => {
  await done('create', 'queue0', '--persist', '--up', '--queues', '4');
  const sockets = await Promise.all([1, 2, 3, 4].map((number) => PacketSocket.open('queue0', 'in', number)));
  for (let queue = 0; queue < 4; queue++) {
    await done('tx-inject', 'queue0', '-q', String(queue), '--hex', frameOf(queue));
  }
  const seen = await Promise.all(sockets.map(hexOf));
  t.deepEqual(seen, [[frameOf(0)], [frameOf(1)], [frameOf(2)], [frameOf(3)]]);
  const { queues } = await json<{ queues: { tx: { packets: number } }[] }>('stats', 'queue0');
  t.deepEqual(
    queues.map(({ tx }) => tx.packets),
    [1, 1, 1, 1],
  );
});

async function eventuallyReceived(name: string, packets: number): Promise<void> {
  await eventually(() => ipLink(name).stats64.rx.packets === packets, `${packets} packets in ${name}`);
}
