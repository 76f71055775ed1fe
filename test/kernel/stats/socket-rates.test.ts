import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { done, RTAP, refusal, run, runProcess, start } from '../command.js';
import { compileDenied } from '../denied.js';
import { startOnTerminal } from '../on-terminal.js';
import { OtherNamespace } from '../other-namespace.js';
import { runPeer, startPeer } from '../peer.js';
import { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { CountingHolder } from '../sniff/counting-holder.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();
const LONG_QUEUE = ['--txqueuelen', '32767'];
const SAYS =
  /^stats: packet sockets count the packets of each queue, missed ones included, because the counters of \S+ itself have no queues$/m;

interface Direction {
  readonly packets: number;
  readonly bytes: number | null;
}

interface Interval {
  readonly ifname: string;
  readonly source: string;
  readonly rx: Direction & { readonly missed: number };
  readonly tx: Direction;
  readonly queues: readonly { readonly queue: number; readonly rx: Direction; readonly tx: Direction }[];
}

/** `rtap stats NAME --per-queue --watch --json` while it runs. */
class Rates {
  readonly process: RunningProcess;

  private constructor(process: RunningProcess) {
    this.process = process;
  }

  /** Starts it, and waits until it counts. */
  static async start(name: string, denied: readonly string[] = []): Promise<Rates> {
    const words = [RTAP, 'stats', name, '--per-queue', '--watch', '50ms', '--json'];
    const [program = RTAP, ...rest] = [...denied, ...words];
    const rates = new Rates(new RunningProcess(program, rest));
    await rates.process.waitFor(/\n/);
    return rates;
  }

  /** What has been counted until now. */
  async intervals(): Promise<Interval[]> {
    const seen = this.process.stdout.split('\n').length;
    // What is complete when this is called lies in the second of them at the latest.
    await this.process.waitFor(new RegExp(`^(.*\\n){${seen + 1}}`));
    const lines = this.process.stdout.split('\n').filter((line) => line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as Interval);
  }

  /** Packets of each queue until now, in the words of a CountingHolder. */
  async counts(): Promise<{ read: number[]; written: number[] }> {
    const counts = { read: [] as number[], written: [] as number[] };
    for (const { queues } of await this.intervals()) {
      for (const { queue, rx, tx } of queues) {
        counts.read[queue] = (counts.read[queue] ?? 0) + rx.packets;
        counts.written[queue] = (counts.written[queue] ?? 0) + tx.packets;
      }
    }
    return counts;
  }
}

/** Waits until `holder` has read as many frames as were sent. */
async function allRead(holder: CountingHolder, count: number) {
  let counts = await holder.counts();
  while (counts.read.reduce((sum, read) => sum + read, 0) < count) counts = await holder.counts();
  return counts;
}

test('stats --per-queue --watch counts what another program reads from each queue and writes into it', async (t) => {
  const flows = await FlowDevice.create('count0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('count0', 4);
  const rates = await Rates.start('count0');
  await Promise.all([flows.send(64, 20_000), holder.write(20_000, 8)]);
  const counted = await allRead(holder, 20_000);
  t.deepEqual(await rates.counts(), counted);
  t.true([...counted.read, ...counted.written].every((count) => count > 0));
  const { code, stderr } = await rates.process.stop('SIGINT');
  t.is(code, 0);
  t.regex(stderr, SAYS);
  t.is(stderr.split('\n').length, 2, 'nothing else is printed');
  await holder.end();
});

test("the rates have the kernel's counters for the device, and for queues neither bytes nor errors", async (t) => {
  const flows = await FlowDevice.create('keys0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('keys0', 2);
  const rates = await Rates.start('keys0');
  await Promise.all([flows.send(16, 1000), holder.write(300, 8)]);
  await allRead(holder, 1000);
  const intervals = await rates.intervals();
  const sum = (read: (interval: Interval) => number) =>
    intervals.reduce((total, interval) => total + read(interval), 0);
  t.deepEqual([sum(({ rx }) => rx.packets), sum(({ rx }) => rx.bytes!)], [1000, 50_000]);
  t.deepEqual([sum(({ tx }) => tx.packets), sum(({ rx }) => rx.missed)], [300, 0]);
  for (const { source, queues } of intervals) {
    t.is(source, 'sockets');
    t.deepEqual(
      queues.map(({ queue }) => queue),
      [0, 1],
    );
    for (const { rx, tx } of queues) {
      t.like(rx, { bytes: null, errors: null, bitsPerSecond: null });
      t.like(tx, { bytes: null, errors: null, bitsPerSecond: null });
    }
  }
  await rates.process.stop('SIGINT');
  await holder.end();
});

test('queues that appear, and a device that goes down and up and is renamed, are counted on', async (t) => {
  const flows = await FlowDevice.create('grow0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('grow0', 2);
  const rates = await Rates.start('grow0');
  let sent = 0;
  for (const more of [2, 26]) {
    await holder.attach(more);
    // So that the sockets of the new queues are there.
    await rates.process.waitFor(new RegExp(`"queue":${sent === 0 ? 3 : 29},`));
    await Promise.all([flows.send(128, 3000), holder.write(3000, 8)]);
    sent += 3000;
    await allRead(holder, sent);
  }
  ip('link set grow0 down', 'link set grow0 name grow1');
  await rates.process.waitFor(/"ifname":"grow1"/);
  ip('link set grow1 name grow0', 'link set grow0 up');
  flows.settle();
  await Promise.all([flows.send(128, 3000), holder.write(3000, 8)]);
  const counted = await allRead(holder, sent + 3000);
  t.is(counted.read.length, 30);
  t.deepEqual(await rates.counts(), counted);
  t.is((await rates.process.stop('SIGINT')).code, 0);
  await holder.end();
});

test('packets that find a queue full are among its packets', async (t) => {
  const flows = await FlowDevice.create('full0', { words: ['--txqueuelen', '10'] });
  const user = startPeer('tap_user.py', ['full0', 'multi', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^10$/m);
  const rates = await Rates.start('full0');
  await flows.send(4, 500);
  t.deepEqual((await rates.counts()).read, [500]);
  const missed = (await rates.intervals()).reduce((sum, { rx }) => sum + rx.missed, 0);
  t.is(missed, 490);
  await rates.process.stop('SIGINT');
  user.endInput();
  await user.ended();
});

test('a single-queue device has one queue', async (t) => {
  ip('tuntap add single0 mode tap', 'link set single0 up', 'addr add 10.99.0.1/24 dev single0');
  ip('neigh replace 10.99.0.2 lladdr 02:00:00:00:00:02 dev single0 nud permanent');
  const user = startPeer('tap_user.py', ['single0', 'single', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^10$/m);
  const rates = await Rates.start('single0');
  await runPeer('udp_flows.py', '10.99.0.2', '4', '500', '0');
  t.deepEqual((await rates.counts()).read, [500]);
  await rates.process.stop('SIGINT');
  user.endInput();
  await user.ended();
});

test('a line has the rates of each queue, and a table on a terminal too', async (t) => {
  const flows = await FlowDevice.create('lines0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('lines0', 2);
  const lines = start(['stats', 'lines0', '--per-queue', '--watch', '0.05']);
  const command = `exec '${RTAP}' stats lines0 --per-queue --watch 0.1`;
  const terminal = startOnTerminal(command, { env: { TERM: 'xterm', NO_COLOR: '1' }, inputOpen: true });
  await lines.waitFor(/\n/);
  await terminal.waitFor(/SHARE[\s\S]*SHARE/);
  const sending = flows.send(16, 4000, 200);
  await lines.waitFor(/^\S+ lines0 rx [^:]+: q0 rx [\d.]+ k?pps tx 0 pps, q1 rx [\d.]+ k?pps tx 0 pps$/m);
  await terminal.waitFor(/^ +0 +[\d.]+ k?pps +- +0 pps +- +\d+% +#+/m);
  await sending;
  t.is((await lines.stop('SIGINT')).code, 0);
  terminal.write('\x03');
  const { code, stdout } = await terminal.ended();
  t.is(code, 0);
  t.regex(stdout.replaceAll('\r', ''), SAYS);
  await holder.end();
});

test('a device that is down is counted when it is up, also where the kernel makes no group before', async (t) => {
  const flows = await FlowDevice.create('down0', { words: LONG_QUEUE, down: true });
  const holder = await CountingHolder.start('down0', 2);
  const rates = await Rates.start('down0');
  // PACKET_FANOUT.
  const refused = await Rates.start('down0', compileDenied(directory)('packet', 18));
  ip('link set down0 up');
  flows.settle();
  await Promise.all([flows.send(16, 1000), holder.write(1000, 8)]);
  t.deepEqual(await rates.counts(), await allRead(holder, 1000));
  t.is((await rates.process.stop('SIGINT')).code, 0);
  const { code, stderr } = await refused.process.ended();
  t.is(code, 2, 'a kernel that makes none for a device that is up never will');
  t.regex(stderr, /^stats: down0 is down, counting begins when it is up$/m);
  t.regex(stderr, /^rtap: cannot count packets of "down0": setsockopt\(PACKET_FANOUT\) failed with EINVAL$/m);
  await holder.end();
});

test('stats --per-queue --watch ends when the device is deleted or moves away', async (t) => {
  const elsewhere = await OtherNamespace.make();
  for (const [command, end] of [
    ['link del gone0', /^rtap: cannot watch "gone0": the device was deleted$/m],
    [
      `link set gone0 netns ${elsewhere.name}`,
      /^rtap: cannot watch "gone0": it moved to another network namespace\nhint: /m,
    ],
  ] as const) {
    await FlowDevice.create('gone0');
    const holder = await CountingHolder.start('gone0', 2);
    const rates = await Rates.start('gone0');
    ip(command);
    const { code, stderr } = await rates.process.ended();
    t.is(code, 2);
    t.regex(stderr, end);
    await holder.end();
  }
});

test('without CAP_NET_RAW stats --per-queue --watch is refused with a hint', async (t) => {
  await FlowDevice.create('denied0');
  const { code, stderr } = await unprivileged('stats', 'denied0', '--per-queue', '--watch');
  t.is(code, 2);
  t.is(
    stderr,
    'rtap: cannot count packets of "denied0": socket(AF_PACKET) failed with EPERM\nhint: run as root, or grant CAP_NET_RAW\n',
  );
  await done('delete', 'denied0');
  t.is((await refusal('stats', 'denied0', '--per-queue', '--watch'))[0], 2);
});

test('stats --per-queue names the ways to see queues that another program uses', async (t) => {
  await FlowDevice.create('named0');
  t.is((await run('stats', 'named0', '--per-queue')).stderr, '', 'no program uses it');
  const holder = await CountingHolder.start('named0', 2);
  const { code, stderr } = await run('stats', 'named0', '--per-queue');
  t.is(code, 0);
  t.is(
    stderr,
    [
      'stats: another program uses queues of named0, and rtap counts nothing of these',
      'hint: see the rates of its queues: rtap stats named0 --per-queue --watch; see the frames: rtap sniff named0',
      '',
    ].join('\n'),
  );
  t.is((await run('stats', 'named0')).stderr, '');
  await holder.end();
  const reader = start(['rx-dump', 'named0', '-w', '/dev/null']);
  await reader.waitFor(/listening/, 'stderr');
  t.is((await run('stats', 'named0', '--per-queue')).stderr, '', 'rtap counts what rx-dump reads');
  const own = await Rates.start('named0');
  t.is((await own.intervals())[0]!.source, 'rtap');
  await own.process.stop('SIGINT');
  await reader.stop();
});

test("of a device with a holder rtap's own counters are shown, unless it has lent queues to another program", async (t) => {
  await FlowDevice.create('held0', { words: ['--queues', '2'] });
  const holder = start(['hold', 'held0']);
  await holder.waitFor(/ready/);
  const reader = start(['rx-dump', 'held0', '-q', '0', '-w', '/dev/null']);
  await reader.waitFor(/listening/, 'stderr');
  const own = await Rates.start('held0');
  t.is((await own.intervals())[0]!.source, 'rtap');
  t.is((await own.process.stop('SIGINT')).stderr, '');
  t.is((await runProcess('stats', 'held0', '--per-queue')).stderr, '');
  await reader.stop();
  const lent = start(['lend', 'held0', '--', 'sleep', '60']);
  const isLent = async () => (await done('show', 'held0')).includes('sleep');
  while (!(await isLent()));
  const foreign = await Rates.start('held0');
  t.is((await foreign.intervals())[0]!.source, 'sockets');
  await foreign.process.stop('SIGINT');
  t.regex(
    (await runProcess('stats', 'held0', '--per-queue')).stderr,
    /^stats: another program uses queues of held0/,
  );
  await lent.stop('SIGKILL');
  await holder.stop();
});
