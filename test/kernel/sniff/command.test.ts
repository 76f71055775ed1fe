import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { RTAP, refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { compileDenied } from '../denied.js';
import { runTool } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';
import { CountingHolder } from './counting-holder.js';

const { directory } = enterWorkspace();
const LONG_QUEUE = ['--txqueuelen', '32767'];
const NAMESPACE = `sniff-${process.pid}`;

test('sniff prints lines with device, direction and queue, and ends with its counts', async (t) => {
  const flows = await FlowDevice.create('lines0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('lines0', 2);
  const sniff = start(['sniff', 'lines0']);
  await sniff.waitFor(/^sniff: listening on lines0, all queues, link-type EN10MB \(Ethernet\)$/m, 'stderr');
  await flows.send(1, 1);
  await holder.write(2, 1);
  const [out] = await sniff.waitFor(/^.* Out .*$/m);
  t.regex(
    out,
    /^\d\d:\d\d:\d\d\.\d{6} lines0 Out q[01] IP 10\.\d+\.0\.1\.20000 > 10\.\d+\.0\.2\.9: UDP, length 8$/,
  );
  const [into] = await sniff.waitFor(/^.* In {2}q1 .*$/m);
  t.regex(
    into,
    /^\d\d:\d\d:\d\d\.\d{6} lines0 In {2}q1 IP 10\.1\.0\.2\.30000 > 10\.1\.0\.1\.9: UDP, length 8$/,
  );
  sniff.signal('SIGUSR1');
  await sniff.waitFor(/packets captured/, 'stderr');
  const { code, stderr } = await sniff.stop();
  t.is(code, 0);
  const counts = [
    '3 packets captured',
    '3 packets received by filter',
    '0 packets dropped by kernel (no room left in the buffer)',
    '0 packets missed by the device (dropped before a program could read them)',
  ];
  t.deepEqual(stderr.trimEnd().split('\n').slice(-4), counts);
  await holder.end();
});

test('sniff prints that the kernel sends no frame out of a device that no program has attached', async (t) => {
  const flows = await FlowDevice.create('loose0', { words: LONG_QUEUE });
  const sniff = start(['sniff', 'loose0', '-Q', 'out']);
  await sniff.waitFor(
    /^rtap: warning: no program has loose0 attached, and the kernel sends no frame out of it until one does$/m,
    'stderr',
  );
  await flows.send(1, 3);
  const { code, stdout, stderr } = await sniff.stop();
  t.deepEqual([code, stdout], [0, '']);
  t.regex(stderr, /^[1-9]\d* packets missed by the device/m);
  const beyond = start(['sniff', 'loose0', '-q', '0,9']);
  await beyond.waitFor(
    /^rtap: warning: loose0 was made with 4 queues: no frame of queue 9 comes unless a program attaches more$/m,
    'stderr',
  );
  await beyond.stop();
});

test('sniff -Q, -q, -c and --immediate-mode choose', async (t) => {
  const flows = await FlowDevice.create('pick0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('pick0', 2);
  const sniff = start(['sniff', 'pick0', '-Q', 'in', '-q', '1', '-c', '5', '--json', '--immediate-mode']);
  await sniff.waitFor(/listening on pick0, queue 1,/, 'stderr');
  await flows.send(8, 50);
  await holder.write(40, 4);
  const { code, stdout } = await sniff.ended();
  t.is(code, 0);
  const frames = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { queue: number });
  t.is(frames.length, 5);
  for (const frame of frames)
    t.like(frame, { queue: 1, direction: 'inbound', interface: 'pick0', length: 50 });
  await holder.end();
});

test('sniff works on a device that is no TAP, without queues', async (t) => {
  ip('link add left0 type veth peer name right0', 'link set left0 up', 'link set right0 up');
  ip(
    'addr add 10.55.0.1/24 dev left0',
    'neigh add 10.55.0.2 lladdr 02:00:00:00:00:02 dev left0 nud permanent',
  );
  const sniff = start(['sniff', 'right0', '-c', '1', 'udp']);
  await sniff.waitFor(/^sniff: listening on right0, link-type/m, 'stderr');
  runTool('python3', '-c', 'import socket; socket.socket(2, 2).sendto(b"x", ("10.55.0.2", 9))');
  const { code, stdout } = await sniff.ended();
  t.is(code, 0);
  t.regex(stdout, /^\S+ right0 In {2}IP 10\.55\.0\.1\.\d+ > 10\.55\.0\.2\.9: UDP, length 1\n$/);
  const [status, message] = await refusal('sniff', 'right0', '-q', '0');
  t.deepEqual([status, message], [1, 'rtap: cannot choose queues of "right0": it is not a TAP (veth)']);
});

test('sniff refuses what it cannot watch, with a hint', async (t) => {
  await FlowDevice.create('bad0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('bad0', 2);
  t.deepEqual(await refusal('sniff', 'absent0'), [
    2,
    'rtap: cannot watch "absent0": there is no such device',
    'hint: list the devices of this network namespace: ip -br link',
  ]);
  ip('tuntap add tun0 mode tun');
  t.deepEqual((await refusal('sniff', 'tun0')).slice(0, 2), [
    2,
    'rtap: cannot watch "tun0": it is not an Ethernet device (tun)',
  ]);
  t.is((await refusal('sniff', 'bad0', '-q', '7'))[0], 2);
  t.is((await refusal('sniff', 'bad0', '-Q', 'up'))[0], 1);
  t.is((await refusal('sniff', 'bad0', '-B', '4'))[0], 1);
  t.is((await refusal('sniff', 'bad0', 'no', 'such', 'filter'))[0], 1);
  const { code, stderr } = await unprivileged('sniff', 'bad0');
  t.is(code, 2);
  t.is(
    stderr,
    'rtap: cannot watch "bad0": socket(AF_PACKET) failed with EPERM\nhint: run as root, or grant CAP_NET_RAW\n',
  );
  await holder.end();
});

test('sniff says that the kernel refuses a filter, and runs it', async (t) => {
  const flows = await FlowDevice.create('long0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('long0', 2);
  const sum = Array.from({ length: 1100 }, (_, index) => `ether[${index % 40}]`).join('+');
  const sniff = start(['sniff', 'long0', '--count', `${sum} > 0 and src port 20001`]);
  await sniff.waitFor(/warning: the kernel refuses this filter/, 'stderr');
  await flows.send(4, 40);
  const { stdout, stderr } = await sniff.stop();
  t.is(stdout, '10 packets\n');
  t.regex(stderr, /^10 packets received by filter$/m);
  await holder.end();
});

/** How many rings the process `pid` has open. */
function ringCount(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((number) => linkOf(`${folder}/${number}`).includes('io_uring')).length;
}

/** Where a link points; empty if it has gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

test('rx-dump lets the kernel write a large file through a ring of its own, and sniff has no ring', async (t) => {
  for (const [command, ringsMore] of [
    ['rx-dump', 1],
    ['sniff', 0],
  ] as const) {
    const name = `rings${ringsMore}`;
    const flows = await FlowDevice.create(name, { words: [...LONG_QUEUE, '--queues', '1'] });
    const path = join(directory, `${name}.pcapng`);
    const holder = command === 'sniff' ? await CountingHolder.start(name, 1) : undefined;
    const run = start([command, name, '-w', path]);
    await run.waitFor(/listening/, 'stderr');
    const before = ringCount(run.pid);
    t.is(before > 0, command === 'rx-dump');
    await flows.send(16, 4000);
    await eventually(() => statSync(path).size > 4000 * 100, 'a large file');
    t.is(ringCount(run.pid), before + ringsMore, command);
    t.is((await run.stop()).code, 0);
    t.regex(runTool('capinfos', '-M', '-c', path), /Number of packets: +4000/);
    await holder?.end();
  }
});

test('sniff counts what a full buffer drops, goes on after a stop, and names a larger buffer', async (t) => {
  const flows = await FlowDevice.create('full0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('full0', 4);
  const path = join(directory, 'full.pcapng');
  const sniff = start(['sniff', 'full0', '-B', '128', '-w', path]);
  await sniff.waitFor(/listening/, 'stderr');
  sniff.signal('SIGSTOP');
  await eventually(() => /^State:\tT/m.test(readFileSync(`/proc/${sniff.pid}/status`, 'utf8')), 'the stop');
  await flows.send(64, 5000);
  sniff.signal('SIGCONT');
  const [, said] = await sniff.waitFor(
    /^sniff: continues after a stop, (\d+) packets dropped by kernel so far$/m,
    'stderr',
  );
  const { code, stderr } = await sniff.stop();
  t.is(code, 0);
  const [, captured, received, dropped] =
    /(\d+) packets captured\n(\d+) packets received by filter\n(\d+) packets dropped/
      .exec(stderr)!
      .map(Number);
  t.is(received, 5000);
  t.is(captured! + dropped!, 5000);
  t.true(dropped! >= Number(said) && captured! > 0, stderr);
  t.regex(stderr, /^hint: a larger buffer drops fewer packets: -B \d+$/m);
  t.regex(runTool('capinfos', path), new RegExp(`Number of packets: +${captured}`));
  await holder.end();
});

test('sniff reports down, up and a new name, and ends when the device is deleted or moved', async (t) => {
  ip(`netns add ${NAMESPACE}`);
  for (const [command, end] of [
    ['link delete turn1', 'the device was deleted'],
    [`link set turn1 netns ${NAMESPACE}`, 'it moved to another network namespace'],
  ] as const) {
    const flows = await FlowDevice.create('turn0', { words: LONG_QUEUE, down: true });
    const holder = await CountingHolder.start('turn0', 2);
    const sniff = start(['sniff', 'turn0']);
    await sniff.waitFor(/warning: turn0 is down: no frames until you run rtap up turn0/, 'stderr');
    ip('link set turn0 up');
    flows.settle();
    await sniff.waitFor(/^sniff: turn0 is up$/m, 'stderr');
    await flows.send(1, 2);
    await sniff.waitFor(/(.* turn0 Out q. .*\n){2}/);
    ip('link set turn0 down', 'link set turn0 name turn1');
    await sniff.waitFor(/^sniff: turn0 was renamed to turn1$/m, 'stderr');
    ip(command);
    const { code, stderr } = await sniff.ended();
    t.is(code, 2);
    t.regex(stderr, new RegExp(`^rtap: cannot go on watching "turn1": ${end}$`, 'm'));
    t.regex(stderr, /^2 packets captured$/m);
    await holder.end();
  }
  ip(`netns delete ${NAMESPACE}`);
});

test('sniff waits for a device that is down where the kernel makes no fanout group before', async (t) => {
  const PACKET_FANOUT = 18;
  const [denied, ...rule] = compileDenied(directory)('packet', PACKET_FANOUT);
  await FlowDevice.create('wait0', { words: LONG_QUEUE, down: true });
  const holder = await CountingHolder.start('wait0', 2);
  const sniff = new RunningProcess(denied!, [...rule, RTAP, 'sniff', 'wait0']);
  await sniff.waitFor(/warning: wait0 is down: no frames until you run rtap up wait0/, 'stderr');
  await sniff.waitFor(/listening on wait0/, 'stderr');
  t.true(sniff.running);
  // It tries again now. Here the kernel refuses a group in any case.
  ip('link set wait0 up');
  const { code, stderr } = await sniff.ended();
  t.is(code, 2);
  t.regex(stderr, /^rtap: cannot watch "wait0": setsockopt\(PACKET_FANOUT\) failed with EINVAL$/m);
  await holder.end();
});

test('sniff ends when its reader leaves', async (t) => {
  const flows = await FlowDevice.create('head0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('head0', 2);
  const sniff = start(['sniff', 'head0']);
  await sniff.waitFor(/listening/, 'stderr');
  await flows.send(4, 20);
  await sniff.waitFor(/(.*\n){5}/);
  sniff.closeOutput();
  const { code, signal } = await sniff.ended();
  t.deepEqual([code, signal], [0, null]);
  await holder.end();
});

test('sniff rotates its files, and prints Ethernet headers beside them', async (t) => {
  const flows = await FlowDevice.create('turns0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('turns0', 2);
  const path = join(directory, 'turns.pcapng');
  const sniff = start(['sniff', 'turns0', '-w', path, '-C', '10k', '--print', '-e', '-tt']);
  await sniff.waitFor(/listening/, 'stderr');
  await flows.send(16, 250);
  const { code, stdout } = await sniff.stop();
  t.is(code, 0);
  t.is(stdout.trimEnd().split('\n').length, 250);
  t.regex(stdout, /^\d+\.\d{6} turns0 Out q\d [0-9a-f:]{17} > 02:00:00:00:00:02, ethertype IPv4/);
  const files = readdirSync(directory).filter((name) => name.startsWith('turns.pcapng'));
  t.true(files.length >= 3, files.join());
  await holder.end();
});
