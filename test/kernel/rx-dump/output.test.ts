import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { framesOf } from '../capture.js';
import { RTAP, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { startOnTerminal } from '../on-terminal.js';
import { PacketSocket, runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice, stampOf } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

test('rx-dump -w writes a capture that tcpdump and capinfos read, with the frames that a packet socket saw', async (t) => {
  const device = await FlowDevice.create('file0', { words: ['--queues', '1'] });
  const path = join(directory, 'file0.pcap');
  const reader = start(['rx-dump', 'file0', '-w', path]);
  await reader.waitFor(/listening/, 'stderr');
  const socket = await PacketSocket.open('file0', 'out');
  await device.send(7, 500);
  await eventually(() => ipLink('file0').stats64.tx.packets === 500, 'the last frame');
  const { code, stdout } = await reader.stop();
  t.deepEqual([code, stdout], [0, '']);
  const seen = await socket.close();
  t.deepEqual(
    framesOf(path),
    seen.map(({ hex }) => hex),
  );
  const text = runTool('sh', '-c', 'tcpdump -n -r "$0" 2>&1', path);
  t.regex(text, /link-type EN10MB \(Ethernet\)/);
  t.is(text.match(/IP 10\.\d+\.0\.1\.200\d\d > 10\.\d+\.0\.2\.9: UDP, length 8/g)?.length, 500);
  const facts = runTool('capinfos', '-M', path);
  t.regex(facts, /Encapsulation = Ethernet/);
  t.regex(facts, /File timestamp precision: +nanoseconds/);
  t.regex(facts, /Number of packets: +500/);
  t.regex(facts, /Strict time order: +True/);
  t.is(statSync(path).mode & 0o777, 0o644);
});

test('rx-dump -w - writes a capture that tcpdump reads from the pipe while it grows', async (t) => {
  const device = await FlowDevice.create('pipe0');
  const line = 'exec "$0" rx-dump pipe0 -w - -c 5 | tcpdump -n -l -r - 2>/dev/null';
  const pipeline = new RunningProcess('sh', ['-c', line, RTAP]);
  await pipeline.waitFor(/listening/, 'stderr');
  await device.send(1, 1);
  await pipeline.waitFor(/UDP, length 8/);
  await device.send(1, 4);
  const { code, stdout } = await pipeline.ended();
  t.is(code, 0);
  t.is(stdout.trimEnd().split('\n').length, 5);
});

test('rx-dump refuses -w - when standard output is a terminal', async (t) => {
  await FlowDevice.create('tty0');
  const command = `${RTAP} rx-dump tty0 -w - -c 1; echo "exit $?"`;
  const terminal = startOnTerminal(command);
  const { stdout } = await terminal.ended();
  const lines = stdout.split('\r\n');
  t.is(lines[0], 'rtap: cannot write "-": standard output is a terminal, and a capture is binary');
  t.true(lines.includes('exit 1'), stdout);
  t.is(ipLink('tty0').linkinfo.info_data.numqueues ?? 0, 0);
});

test('rx-dump prints a line a frame: time, queue, length and summary, as tcpdump would', async (t) => {
  const device = await FlowDevice.create('text0');
  const path = join(directory, 'text0.pcap');
  const reader = start(['rx-dump', 'text0', '-c', '2']);
  await reader.waitFor(/listening/, 'stderr');
  const tcpdump = new RunningProcess('tcpdump', [
    '-Z',
    'root',
    '-i',
    'text0',
    '-n',
    '-t',
    '-c',
    '2',
    '-w',
    path,
  ]);
  await tcpdump.waitFor(/listening/, 'stderr');
  await device.send(2, 2);
  const { stdout, code } = await reader.ended();
  await tcpdump.ended();
  t.is(code, 0);
  const summaries = runTool('tcpdump', '-n', '-t', '-r', path).trimEnd().split('\n').sort();
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) t.regex(line, /^\d\d:\d\d:\d\d\.\d{6} q[0-3] 50 IP 10\./);
  t.deepEqual(lines.map((line) => line.replace(/^\S+ q\d 50 /, '')).sort(), summaries);
});

test('rx-dump adds bytes with -x, and the Ethernet header with -e', async (t) => {
  const device = await FlowDevice.create('hex0', { words: ['--queues', '1'] });
  const reader = start(['rx-dump', 'hex0', '-x', '-e', '-c', '1']);
  await reader.waitFor(/listening/, 'stderr');
  const socket = await PacketSocket.open('hex0', 'out');
  await device.send(1, 1);
  const { stdout } = await reader.ended();
  const { hex } = (await socket.close())[0]!;
  t.regex(stdout, /02:00:00:00:00:02/);
  const shown = stdout
    .replace(/^.*\n/, '')
    .replace(/^\s*0x[0-9a-f]+:/gm, '')
    .replace(/\s/g, '');
  t.true(hex.endsWith(shown) && shown.length >= 72, shown);
});

test('rx-dump -w refuses a file that it cannot make, and attaches nothing', async (t) => {
  await FlowDevice.create('nofile0');
  const path = join(directory, 'absent', 'x.pcap');
  const [code, message] = await refusal('rx-dump', 'nofile0', '-w', path);
  t.deepEqual(
    [code, message],
    [2, `rtap: cannot open "${path}": open failed with ENOENT (there is no such file or directory)`],
  );
  t.is(ipLink('nofile0').linkinfo.info_data.numqueues ?? 0, 0);
});

test('rx-dump leaves a capture file as it is when it cannot read the device', async (t) => {
  const path = join(directory, 'precious.pcap');
  await refusal('rx-dump', 'absent0', '-w', path);
  t.false(existsSync(path));
});

test('rx-dump ends without an error when the reader of its output closes the pipe', async (t) => {
  const device = await FlowDevice.create('head0');
  for (const words of [[], ['--json'], ['-w', '-']]) {
    const script = '"$@" | head -c 200 >/dev/null; echo "exit $PIPESTATUS"';
    const pipeline = new RunningProcess('bash', ['-c', script, 'bash', RTAP, 'rx-dump', 'head0', ...words]);
    await pipeline.waitFor(/listening/, 'stderr');
    const sender = device.startSending(4, 4000, 1000);
    const { stdout, stderr } = await pipeline.ended();
    sender.signal('SIGKILL');
    t.is(stdout, 'exit 0\n', stderr);
    t.false(/EPIPE|Error| {4}at /.test(stderr), stderr);
    t.regex(stderr, /\n\d+ packets? captured\n0 packets missed /);
  }
});

test('rx-dump prints that the disk is full, keeps what fits, and exits with 2', async (t) => {
  const device = await FlowDevice.create('full0');
  const script =
    'mount -t tmpfs -o size=16k none "$0" && "$1" rx-dump full0 -w "$0/x.pcap"; echo "exit $?"; tcpdump -nr "$0/x.pcap" 2>/dev/null | wc -l';
  const mountPoint = join(directory, 'small');
  runTool('mkdir', mountPoint);
  const reader = new RunningProcess('unshare', ['-m', 'sh', '-c', script, mountPoint, RTAP]);
  await reader.waitFor(/listening/, 'stderr');
  const sender = device.startSending(4, 3000, 300);
  const { stdout, stderr } = await reader.ended();
  sender.signal('SIGKILL');
  const [exit, frames] = stdout.split('\n');
  t.is(exit, 'exit 2', stderr);
  t.regex(stderr, /\d+ packets? captured\n/);
  t.regex(stderr, /rtap: cannot write ".*": write failed with ENOSPC \(the disk is full\)\n/);
  t.is(Number(frames), Math.floor((16_384 - 24) / 66));
});

test('rx-dump keeps every frame when its output is a regular file on standard output', async (t) => {
  const device = await FlowDevice.create('redirect0', { words: ['--txqueuelen', '5000'] });
  const path = join(directory, 'redirect.txt');
  const reader = new RunningProcess('sh', ['-c', 'exec "$0" rx-dump redirect0 --json >"$1"', RTAP, path]);
  await reader.waitFor(/listening/, 'stderr');
  await device.send(10, 3000);
  await eventually(() => ipLink('redirect0').stats64.tx.packets === 3000, 'the last frame');
  t.is((await reader.stop()).code, 0);
  const stamps = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => stampOf((JSON.parse(line) as { data: string }).data));
  t.is(new Set(stamps).size, 3000);
});
