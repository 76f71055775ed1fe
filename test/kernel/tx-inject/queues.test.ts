import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { captureOf, frameOf } from '../capture.js';
import { done, json, refusal, run, runProcess, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ready } from '../hold/ready-holder.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket } from '../peer.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** What these tests read of `tx-inject --json`. */
interface Ledger {
  readonly offered: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly kernel: number;
  readonly queues: readonly { readonly queue: number; readonly offered: number; readonly accepted: number }[];
}

const FLOWS = 64;
const ROUNDS = 20;
const FRAMES = FLOWS * ROUNDS;
const TEMPLATE = ['--udp', '10.0.0.1:1-10.0.0.2:9', '--vary', `src-port=1..${FLOWS}`, '--stamp'];
const SENT = [...TEMPLATE, '-l', String(ROUNDS), '-t', '--json'];

/** The frames that the kernel receives from each of `queues` during `action`, as hex. */
async function perQueue(
  device: string,
  queues: readonly number[],
  action: () => Promise<unknown>,
): Promise<string[][]> {
  // A socket counts the queues of incoming frames from 1.
  const sockets = await Promise.all(queues.map((queue) => PacketSocket.open(device, 'in', queue + 1)));
  await action();
  const seen = await Promise.all(sockets.map((socket) => socket.close()));
  return seen.map((frames) => frames.map(({ hex }) => hex));
}

/** The source port of a UDP frame, and what its stamp says. */
function factsOf(hex: string): { readonly port: number; readonly stream: string; readonly sequence: number } {
  return {
    port: Number.parseInt(hex.slice(68, 72), 16),
    stream: hex.slice(92, 96),
    sequence: Number.parseInt(hex.slice(96, 112), 16),
  };
}

const ways: readonly (readonly [what: string, words: readonly string[]])[] = [
  ['one thread', []],
  ['two threads', ['--threads', '2']],
  ['as many threads as queues', ['--threads', '4']],
  ['two threads and frames in pieces', ['--threads', '2', '--segments', '3']],
];

for (const [index, [what, words]] of ways.entries())
  test.serial(
    `tx-inject -q all spreads by flow, each queue with a stream of its own, with ${what}`,
    async (t) => {
      const name = `all${index}`;
      await done('create', name, '--persist', '--up', '--queues', '4');
      const queues = [0, 1, 2, 3];
      let ledger: Ledger | undefined;
      const seen = await perQueue(name, queues, async () => {
        ledger = await json<Ledger>('tx-inject', name, ...SENT.slice(0, -1), '-q', 'all', ...words);
      });
      t.like(ledger, { queue: null, offered: FRAMES, accepted: FRAMES, kernel: FRAMES, refused: {} });
      // The ledger's rows are what the kernel saw of each queue, and what rtap's counters have.
      const counts = seen.map((frames, queue) => ({
        queue,
        offered: frames.length,
        accepted: frames.length,
      }));
      t.deepEqual(
        ledger!.queues.map(({ queue, offered, accepted }) => ({ queue, offered, accepted })),
        counts,
      );
      t.true(counts.every(({ accepted }) => accepted > 0));
      const { queues: counters } = await json<{ queues: readonly { tx: { packets: number } }[] }>(
        'stats',
        name,
        '--per-queue',
      );
      t.deepEqual(
        counters.map(({ tx }) => tx.packets),
        counts.map(({ accepted }) => accepted),
      );
      const ports = new Set<number>();
      const streams = new Set<string>();
      for (const frames of seen) {
        const facts = frames.map(factsOf);
        t.deepEqual(
          facts.map(({ sequence }) => sequence),
          facts.map((_, number) => number),
        );
        t.is(new Set(facts.map(({ stream }) => stream)).size, 1);
        streams.add(facts[0]!.stream);
        for (const port of new Set(facts.map((fact) => fact.port))) {
          t.false(ports.has(port), `flow ${port} went into two queues`);
          ports.add(port);
        }
      }
      t.is(ports.size, FLOWS);
      t.is(streams.size, 4);
    },
  );

test.serial(
  'tx-inject writes into exactly the queues that -q names, and prints a row for each',
  async (t) => {
    await done('create', 'some0', '--persist', '--up', '--queues', '4');
    let stderr = '';
    const seen = await perQueue('some0', [0, 1, 2, 3], async () => {
      ({ stderr } = await run('tx-inject', 'some0', ...SENT, '-q', '1,3'));
    });
    t.deepEqual([seen[0]!.length, seen[2]!.length], [0, 0]);
    t.is(seen[1]!.length + seen[3]!.length, FRAMES);
    t.regex(stderr, /^tx-inject: some0 queues 1,3$/m);
    for (const queue of [1, 3]) {
      const count = seen[queue]!.length;
      t.true(
        stderr.includes(
          `\nqueue ${queue}: ${count} packets offered, ${count} accepted (${count * 64} bytes)\n`,
        ),
        stderr,
      );
    }
  },
);

test.serial(
  'tx-inject -q all borrows from a holder while rx-dump reads, with and without threads',
  async (t) => {
    const holder = await ready('create', 'lent0', '--up', '--queues', '4');
    const reader = start(['rx-dump', 'lent0', '--count']);
    await reader.waitFor(/listening/, 'stderr');
    for (const words of [[], ['--threads', '3']]) {
      let ledger: Ledger | undefined;
      const seen = await perQueue('lent0', [0, 1, 2, 3], async () => {
        ledger = await json<Ledger>('tx-inject', 'lent0', ...SENT.slice(0, -1), '-q', 'all', ...words);
      });
      t.deepEqual(
        ledger!.queues.map(({ accepted }) => accepted),
        seen.map(({ length }) => length),
      );
      t.is(ledger!.accepted, FRAMES);
    }
    t.is((await reader.stop()).code, 0);
    await holder.stop();
  },
);

test.serial('tx-inject -q all leaves the queues of a reader beside it alone', async (t) => {
  await done('create', 'next0', '--persist', '--up', '--queues', '2');
  const reader = start(['rx-dump', 'next0', '--count']);
  await reader.waitFor(/listening/, 'stderr');
  const sender = start([
    'tx-inject',
    'next0',
    ...TEMPLATE,
    '-q',
    'all',
    '--threads',
    '2',
    '-p',
    '1000',
    '-l',
    '0',
  ]);
  await eventually(() => ipLink('next0').stats64.rx.packets > 100, 'the first frames');
  t.is(ipLink('next0').linkinfo.info_data.numqueues, 2);
  t.is((await sender.stop()).code, 0);
  t.is((await reader.stop()).code, 0);
});

/** A capture of a device with four queues, and the frames of each queue in it. */
async function fourQueueCapture(): Promise<{ readonly path: string; readonly frames: readonly string[][] }> {
  const device = await FlowDevice.create('source0', { words: ['--queues', '4'] });
  const path = join(directory, 'four.pcapng');
  const reader = start(['rx-dump', 'source0', '-w', path, '-c', '400', 'udp']);
  await reader.waitFor(/listening/, 'stderr');
  await eventually(() => ipLink('source0').flags.includes('LOWER_UP'), 'the carrier');
  await device.send(40, 400);
  await reader.ended();
  const frames = await Promise.all([0, 1, 2, 3].map((queue) => framesOfQueue(path, queue)));
  return { path, frames };
}

/** The frames of one queue in a capture, as hex. */
async function framesOfQueue(path: string, queue: number): Promise<string[]> {
  const text = await done('rx-dump', '-r', path, '-q', String(queue), '--json');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { data: string }).data);
}

test.serial('tx-inject -q recorded sends a capture of four queues back queue by queue', async (t) => {
  const { path, frames } = await fourQueueCapture();
  t.true(frames.every(({ length }) => length > 0));
  await done('create', 'back0', '--persist', '--up', '--queues', '4');
  for (const words of [[], ['-K', '--threads', '2']]) {
    const seen = await perQueue('back0', [0, 1, 2, 3], () =>
      done('tx-inject', 'back0', '-r', path, '-q', 'recorded', '-t', ...words),
    );
    t.deepEqual(seen, frames);
  }
  await done('create', 'half0', '--persist', '--up', '--queues', '2');
  const { code, stdout, stderr } = await run(
    'tx-inject',
    'half0',
    '-r',
    path,
    '-q',
    'recorded',
    '-t',
    '--json',
  );
  t.is(code, 3);
  const missing = frames[2]!.length + frames[3]!.length;
  t.true(
    stderr.includes(
      `\n${missing} packets refused: ENXIO (recorded on a queue that half0 does not have; it has 2 queues)\n`,
    ),
    stderr,
  );
  const ledger = JSON.parse(stdout) as Ledger;
  t.like(ledger, { offered: 400, accepted: 400 - missing, refused: { ENXIO: missing } });
  t.deepEqual(
    ledger.queues.map(({ accepted }) => accepted),
    [frames[0]!.length, frames[1]!.length],
  );
});

test.serial('tx-inject -q recorded sends frames without a recorded queue into queue 0', async (t) => {
  await done('create', 'zero0', '--persist', '--up', '--queues', '2');
  const path = join(directory, 'no-queues.pcap');
  writeFileSync(path, captureOf([frameOf(1), frameOf(2)]));
  const seen = await perQueue('zero0', [0, 1], () =>
    done('tx-inject', 'zero0', '-r', path, '-q', 'recorded', '-t'),
  );
  t.deepEqual(seen, [[frameOf(1), frameOf(2)], []]);
});

test.serial('tx-inject refuses queues and threads that are not there', async (t) => {
  await done('create', 'few0', '--persist', '--up', '--queues', '2');
  const path = join(directory, 'few.pcap');
  writeFileSync(path, captureOf([frameOf(1)]));
  const rows: readonly (readonly [words: readonly string[], code: number, message: string])[] = [
    [['-q', '1-2'], 2, 'rtap: cannot use queue 2: few0 has 2 queues (0 to 1)'],
    [['--threads', '2'], 1, 'rtap: cannot use 2 threads for 1 queue: a queue belongs to one thread'],
    [
      ['-q', 'all', '--threads', '3'],
      1,
      'rtap: cannot use 3 threads for 2 queues: a queue belongs to one thread',
    ],
  ];
  for (const [words, code, message] of rows) {
    const [given, said] = await refusal('tx-inject', 'few0', '-r', path, ...words);
    t.deepEqual([given, said], [code, message]);
  }
});

test.serial('tx-inject of 128 queues uses each of them', async (t) => {
  await done('create', 'wide0', '--persist', '--up', '--queues', '128');
  const words = ['--udp', '10.0.0.1:1-10.0.0.2:9', '--vary', 'src-port=1..20000', '-q', 'all', '-t'];
  for (const threads of ['1', '2']) {
    const { code, stdout, stderr } = await runProcess(
      'tx-inject',
      'wide0',
      ...words,
      '--json',
      '--threads',
      threads,
    );
    t.is(code, 0, stderr);
    const { accepted, queues } = JSON.parse(stdout) as Ledger;
    t.is(accepted, 20_000);
    t.is(queues.length, 128);
    t.true(queues.every((queue) => queue.accepted > 0));
  }
});
