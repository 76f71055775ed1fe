import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { captureOf } from '../capture.js';
import { done, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

interface Findings {
  readonly faultless: boolean;
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly gaps: number;
  readonly out_of_order: number;
  readonly duplicates: number;
  readonly missed: number | null;
  readonly queues: readonly { readonly queue: number; readonly latency_ns: Record<string, number> }[];
}

const UDP = ['--udp', '10.0.0.1:1000-10.0.0.2:2000', '--stamp', '--dst-mac', '02:00:00:00:00:09'];
const SPREAD = ['--vary', 'src-port=1000..1063'];

test.before('two devices in one bridge', async () => {
  ip('link add br0 type bridge mcast_snooping 0');
  ip('link set br0 up');
  // Room for all frames of a test. One test alone measures what a slow reader loses.
  for (const name of ['in0', 'out0']) {
    await done('create', name, '--persist', '--up', '--txqueuelen', '20000');
    ip(`link set ${name} master br0`);
  }
});

/** `rx-dump out0 --verify`, ready to receive. */
async function startVerifying(...words: readonly string[]): Promise<RunningProcess> {
  const dump = start(['rx-dump', 'out0', '--verify', '--json', ...words]);
  await dump.waitFor(/listening on/, 'stderr');
  await eventually(() => !ipLink('out0').flags.includes('NO-CARRIER'), 'the carrier');
  return dump;
}

async function findingsOf(dump: RunningProcess): Promise<Findings & { readonly code: number | null }> {
  const { code, stdout } = await dump.stop('SIGINT');
  return { code, ...(JSON.parse(stdout) as Findings) };
}

/** The findings that count frames. */
function fates({
  code,
  faultless,
  expected,
  received,
  lost,
  gaps,
  out_of_order,
  duplicates,
}: Awaited<ReturnType<typeof findingsOf>>) {
  return { code, faultless, expected, received, lost, gaps, out_of_order, duplicates };
}

const CLEAN = { code: 0, faultless: true, lost: 0, gaps: 0, out_of_order: 0, duplicates: 0 };

test.serial(
  'rx-dump --verify finds 20,000 stamped frames whole and in order behind a bridge, over 4 queues',
  async (t) => {
    const dump = await startVerifying();
    await done('tx-inject', 'in0', ...UDP, ...SPREAD, '-L', '20000', '--rate', '40kpps');
    const findings = await findingsOf(dump);
    t.deepEqual(fates(findings), { ...CLEAN, expected: 20_000, received: 20_000 });
    t.deepEqual(
      findings.queues.map(({ queue }) => queue),
      [0, 1, 2, 3],
    );
    for (const { latency_ns } of findings.queues) {
      const { min, median, p99, max } = latency_ns as Record<'min' | 'median' | 'p99' | 'max', number>;
      t.true(min <= median && median <= p99 && p99 <= max, JSON.stringify(latency_ns));
    }
  },
);

test.serial(
  'rx-dump --verify is faultless for flows from two threads, and -v has a row for each flow',
  async (t) => {
    const dump = await startVerifying('-v');
    await done(
      'tx-inject',
      'in0',
      ...UDP,
      ...SPREAD,
      '-L',
      '20000',
      '--rate',
      '40kpps',
      '-q',
      'all',
      '--threads',
      '2',
    );
    const findings = await findingsOf(dump);
    t.deepEqual(fates(findings), { ...CLEAN, expected: 20_000, received: 20_000 });
    const { streams, flows } = findings as unknown as {
      readonly streams: readonly { readonly expected: number }[];
      readonly flows: readonly {
        readonly flow: string;
        readonly stream: string;
        readonly received: number;
      }[];
    };
    t.is(streams.length, 4);
    // A flow goes into one queue, so it has one stream. The kernel may move it between the queues of the receiver.
    t.is(new Set(flows.map(({ flow }) => flow)).size, 64);
    t.is(new Set(flows.map(({ flow, stream }) => `${flow} ${stream}`)).size, 64);
    t.is(
      flows.reduce((sum, { received }) => sum + received, 0),
      20_000,
    );
  },
);

test.serial('rx-dump --verify finds what the kernel dropped while its reader was stopped', async (t) => {
  ip('link set out0 txqueuelen 200');
  const dump = await startVerifying();
  const before = ipLink('out0').stats64.tx.dropped;
  dump.signal('SIGSTOP');
  const injection = start(['tx-inject', 'in0', ...UDP, '--rate', '2kpps', '-L', '4000']);
  await eventually(() => ipLink('out0').stats64.tx.dropped > before, 'a dropped frame');
  // From here on no frame is dropped, on a slow machine too: --verify counts back from the last frame.
  ip('link set out0 txqueuelen 20000');
  dump.signal('SIGCONT');
  t.is((await injection.ended()).code, 0);
  const findings = await findingsOf(dump);
  const dropped = ipLink('out0').stats64.tx.dropped - before;
  t.like(findings, { code: 3, faultless: false, out_of_order: 0, duplicates: 0, expected: 4000 });
  t.true(findings.gaps >= 1);
  t.deepEqual([findings.lost, findings.received, findings.missed], [dropped, 4000 - dropped, dropped]);
});

test.serial(
  'rx-dump --verify calls no run faultless in which the kernel dropped the last frames',
  async (t) => {
    ip('link set out0 txqueuelen 200');
    const before = ipLink('out0').stats64.tx.dropped;
    const dump = start(['rx-dump', 'out0', '--verify']);
    await dump.waitFor(/listening on/, 'stderr');
    await eventually(() => !ipLink('out0').flags.includes('NO-CARRIER'), 'the carrier');
    dump.signal('SIGSTOP');
    await done('tx-inject', 'in0', ...UDP, '-L', '2000');
    const dropped = ipLink('out0').stats64.tx.dropped - before;
    t.true(dropped > 1000);
    dump.signal('SIGCONT');
    const { code, stdout, stderr } = await dump.stop('SIGINT');
    t.is(code, 3);
    t.regex(stdout, / 0 lost, 0 duplicates\n/);
    t.is(stdout.trimEnd().split('\n').at(-1), `not verified: ${dropped} packets missed`);
    t.regex(
      stderr,
      /\nhint: a longer queue misses fewer packets, and takes up to \d+ MiB of kernel memory: rtap txqueuelen out0 \d+\n$/,
    );
    ip('link set out0 txqueuelen 20000');
  },
);

/** Stamped frames as the kernel received them, in hex. */
async function recordStamped(frames: number): Promise<string[]> {
  const socket = await PacketSocket.open('in0', 'in');
  await done('tx-inject', 'in0', ...UDP, '-L', String(frames));
  return (await socket.close()).map(({ hex }) => hex);
}

/** Leaves out frames 10 to 14 and 40, sends 60 twice, and 70 after 72. */
function spoil(frames: readonly string[]): string[] {
  const order = frames
    .map((_, number) => number)
    .filter((number) => number !== 40 && (number < 10 || number > 14));
  order.splice(order.indexOf(60), 0, 60);
  order.splice(order.indexOf(70), 1);
  order.splice(order.indexOf(72) + 1, 0, 70);
  return order.map((number) => frames[number]!);
}

const SPOILT = {
  code: 3,
  faultless: false,
  expected: 100,
  received: 95,
  lost: 6,
  gaps: 2,
  out_of_order: 1,
  duplicates: 1,
};

test.serial(
  'rx-dump --verify finds loss, a duplicate and disorder in a capture and behind a bridge',
  async (t) => {
    const path = join(directory, 'spoilt.pcap');
    writeFileSync(path, captureOf(spoil(await recordStamped(100))));
    const dump = await startVerifying();
    await done('tx-inject', 'in0', '-r', path, '-t');
    t.deepEqual(fates(await findingsOf(dump)), SPOILT);
    const read = await run('rx-dump', '-r', path, '--verify', '--json');
    t.deepEqual(fates({ code: read.code, ...(JSON.parse(read.stdout) as Findings) }), SPOILT);
    const said = await run('rx-dump', '-r', path, '--verify');
    const lines = said.stdout.trimEnd().split('\n');
    t.regex(lines[0]!, /^stream [0-9a-f]{4}: 94 of 100 frames, 6 lost in 2 gaps, 1 duplicate$/);
    t.regex(lines[1]!, /^queue unknown: 95 received, 1 out of order, 1 duplicate, latency min /);
    t.is(lines[2], 'not verified: 6 lost, 1 out of order, 1 duplicated');
  },
);

test.serial('rx-dump --verify ends with 3 when no stamped frame arrived', async (t) => {
  const path = join(directory, 'foreign.pcap');
  writeFileSync(path, captureOf(['02000000000102000000000288b5000000010000']));
  const { code, stdout } = await run('rx-dump', '-r', path, '--verify');
  t.deepEqual([code, stdout], [3, '1 frame without a stamp\nnot verified: no stamped frame arrived\n']);
});
