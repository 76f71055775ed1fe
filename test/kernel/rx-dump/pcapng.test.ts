import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { framesOf } from '../capture.js';
import { done, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer, runTool } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** A statistics block, as another reader sees it. */
interface Statistics {
  readonly last: boolean;
  readonly start: number;
  readonly end: number;
  readonly received: number;
  readonly dropped: number;
  readonly accepted: number;
  readonly delivered: number;
}

async function statisticsOf(path: string): Promise<Statistics[]> {
  return JSON.parse(await runPeer('capture_blocks.py', path)) as Statistics[];
}

test('rx-dump -w writes a pcapng with queues, direction and statistics, when a signal ends it', async (t) => {
  const device = await FlowDevice.create('ng0', { words: ['--txqueuelen', '50'] });
  const path = join(directory, 'ng0.pcapng');
  const before = Date.now() / 1000;
  const reader = start(['rx-dump', 'ng0', '-w', path, '--print', '-q', '0-2']);
  await reader.waitFor(/listening/, 'stderr');
  reader.signal('SIGSTOP');
  await device.send(40, 600);
  reader.signal('SIGCONT');
  await reader.waitFor(/ q[0-2] 50 IP /);
  const { code, stdout, stderr } = await reader.stop();
  t.is(code, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  const [, captured, discarded, missed] =
    /\n(\d+) packets captured\n(\d+) packets discarded in queue 3\n(\d+) packets missed/
      .exec(stderr)!
      .map(Number) as [number, number, number, number];
  t.is(captured + discarded + missed, 600);
  t.true(missed > 0 && discarded > 0);
  t.is(lines.length, captured);

  const fields = [
    'frame.interface_queue',
    'frame.packet_flags_direction',
    'frame.interface_name',
    'frame.len',
  ];
  const shown = runTool('tshark', '-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
  const expected = lines.map((line) => `${/ q(\d) 50 /.exec(line)![1]}\t0x00000002\tng0\t50`);
  t.deepEqual(shown.trimEnd().split('\n'), expected);
  t.true(new Set(expected).size > 1);
  const facts = runTool('capinfos', '-M', path);
  t.regex(facts, new RegExp(`Number of packets: +${captured}\n`));
  t.regex(facts, /Name = ng0/);
  t.regex(facts, /Number of stat entries = 1/);
  t.regex(facts, /Capture application: +rtap \d/);
  const [statistics, ...others] = await statisticsOf(path);
  t.is(others.length, 0);
  const counts = { received: captured + discarded, dropped: missed, accepted: captured, delivered: captured };
  t.like(statistics, { last: true, ...counts });
  t.true(statistics!.start >= before - 1 && statistics!.end >= statistics!.start);
  // The kernel's view of the same frames, as tcpdump prints it.
  const summaries = runTool('tcpdump', '-nn', '-t', '-r', path).trimEnd().split('\n');
  t.deepEqual(
    lines.map((line) => line.replace(/^\S+ q\d 50 /, '')),
    summaries,
  );
});

test('rx-dump accepts a filter after the device, counts what passes it, and -c counts those', async (t) => {
  const device = await FlowDevice.create('filter0');
  const reader = start(['rx-dump', 'filter0', '-c', '3', '-nn', 'udp', 'and', 'src', 'port', '20001']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(4, 40);
  const { code, stdout, stderr } = await reader.ended();
  t.is(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.is(lines.length, 3);
  for (const line of lines) t.regex(line, / q\d 50 IP 10\.\d\.0\.1\.20001 > /);
  t.regex(stderr, /\n3 packets captured\n\d+ packets received by filter\n0 packets missed /);
  const [code2, message] = await refusal('rx-dump', 'filter0', 'udp', 'porridge');
  t.is(code2, 1);
  t.regex(message!, /^rtap: cannot use filter "udp porridge": /);
});

test('SIGUSR2 makes rx-dump write out its file; -U writes each frame at once, and -s cuts frames', async (t) => {
  const device = await FlowDevice.create('flush0', { words: ['--queues', '1'] });
  const path = join(directory, 'flush0.pcap');
  const reader = start(['rx-dump', 'flush0', '-w', path, '-U', '-s', '42']);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(1, 3);
  await eventually(() => statSync(path).size === 24 + 3 * (16 + 42), 'three packets');
  reader.signal('SIGUSR2');
  await device.send(1, 1);
  await eventually(() => statSync(path).size === 24 + 4 * (16 + 42), 'the fourth');
  t.true(reader.running);
  const { code } = await reader.stop();
  t.is(code, 0);
  const record = readFileSync(path).subarray(24);
  t.deepEqual([record.readUInt32LE(8), record.readUInt32LE(12)], [42, 50]);
});

test('rx-dump --count prints the number alone, and --segment-bytes reads the same frames', async (t) => {
  const device = await FlowDevice.create('parts0', { words: ['--queues', '1'] });
  const path = join(directory, 'parts0.pcap');
  const reader = start(['rx-dump', 'parts0', '--segment-bytes', '128', '-w', path, '-c', '3']);
  await reader.waitFor(/listening/, 'stderr');
  const socket = await PacketSocket.open('parts0', 'out');
  await device.send(1, 2);
  const address = /inet (10\.\d+\.0)\.1/.exec(runTool('ip', '-4', '-o', 'addr', 'show', 'dev', 'parts0'))![1];
  runTool('bash', '-c', 'printf %01400d 7 >/dev/udp/$0/9', `${address}.2`);
  t.is((await reader.ended()).code, 0);
  const seen = await socket.close();
  t.is(seen.at(-1)!.hex.length, 2 * 1442);
  t.deepEqual(
    framesOf(path),
    seen.map(({ hex }) => hex),
  );
  const counter = start(['rx-dump', 'parts0', '--count', '-c', '5']);
  await counter.waitFor(/listening/, 'stderr');
  await device.send(1, 5);
  const counted = await counter.ended();
  t.deepEqual([counted.code, counted.stdout], [0, '5 packets\n']);
});

test('rx-dump -w - counts what a stalled reader does not get, and still ends', async (t) => {
  const device = await FlowDevice.create('stall0', { words: ['--queues', '1', '--txqueuelen', '10000'] });
  const reader = start(['rx-dump', 'stall0', '-w', '-'], { outputUnread: true });
  await reader.waitFor(/listening/, 'stderr');
  await device.send(1, 3000);
  await eventually(() => ipLink('stall0').stats64.tx.packets === 3000, 'the last frame');
  const { code, stderr } = await reader.stop();
  t.is(code, 3, stderr);
  t.regex(stderr, /\n3000 packets captured\n0 packets missed .*\n\d+ packets not written: /);
});

test('rx-dump refuses options that contradict each other before it attaches', async (t) => {
  await done('create', 'odd0', '--persist');
  const rows: readonly (readonly [words: readonly string[], message: string])[] = [
    [['-w', 'a', '-w', 'b'], 'rtap: cannot use "-w" twice: "a" and "b" are given'],
    [
      ['--json', '-xx'],
      'rtap: cannot use "-x" with --json: it is for lines of text, an object has the bytes',
    ],
    [['-tttttt'], 'rtap: cannot use more than five -t: -t to -ttttt are possible'],
    [
      ['-w', 'x.pcapng', '--pcap'],
      'rtap: cannot write "x.pcapng" with --pcap: the name is that of a pcapng file',
    ],
  ];
  for (const [words, message] of rows)
    t.deepEqual((await refusal('rx-dump', 'odd0', ...words)).slice(0, 2), [1, message]);
});
