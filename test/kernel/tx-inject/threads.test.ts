import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { captureOf, frameOf } from '../capture.js';
import { done, json, run, runProcess, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { threadNames } from '../process-state.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** What these tests read of `tx-inject --json`. */
interface Ledger {
  readonly offered: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly kernel: number;
  readonly seconds: number;
  readonly lateness_us: { readonly median: number; readonly max: number } | null;
  readonly rate: { readonly reached: number } | null;
  readonly stopped: boolean;
  readonly queues: readonly {
    readonly queue: number;
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
  }[];
}

const THREADS = ['-q', 'all', '--threads', '2'];
const TEMPLATE = ['--udp', '10.0.0.1:1-10.0.0.2:9', '--vary', 'src-port=1..64'];

/** Starts a run without end, and settles when the kernel has some of its frames. */
async function endless(name: string, ...words: readonly string[]) {
  const sender = start(['tx-inject', name, ...TEMPLATE, ...THREADS, '-l', '0', '--json', ...words]);
  await eventually(() => ipLink(name).stats64.rx.packets > 1000, 'the first frames');
  return sender;
}

function sumOf(queues: Ledger['queues']): number {
  return queues.reduce((sum, { accepted }) => sum + accepted, 0);
}

for (const [what, words] of [
  ['at top speed', ['-t']],
  ['at a rate', ['-p', '5000']],
] as const)
  test.serial(`tx-inject --threads counts each frame when a signal ends it ${what}`, async (t) => {
    const name = `stop${words.length}`;
    await done('create', name, '--persist', '--up', '--queues', '4');
    const sender = await endless(name, ...words);
    sender.signal('SIGUSR1');
    await sender.waitFor(/^\d+ packets offered, \d+ accepted so far$/m, 'stderr');
    const { code, stdout } = await sender.stop();
    t.is(code, 0);
    const ledger = JSON.parse(stdout) as Ledger;
    t.true(ledger.stopped);
    t.is(ledger.accepted, ledger.offered);
    t.is(ledger.accepted, ledger.kernel);
    t.is(ipLink(name).stats64.rx.packets, ledger.accepted);
    t.is(sumOf(ledger.queues), ledger.accepted);
    const { tx } = await json<{ tx: { packets: number } }>('stats', name);
    t.is(tx.packets, ledger.accepted);
  });

test.serial('tx-inject --threads goes on after it was stopped, and loses nothing', async (t) => {
  await done('create', 'sleep0', '--persist', '--up', '--queues', '4');
  const sender = await endless('sleep0', '-t');
  sender.signal('SIGSTOP');
  let before = -1;
  const stood = () => {
    const now = ipLink('sleep0').stats64.rx.packets;
    const isStill = now === before;
    before = now;
    return isStill;
  };
  await eventually(stood, 'the process stands still');
  sender.signal('SIGCONT');
  await eventually(() => ipLink('sleep0').stats64.rx.packets > before + 1000, 'more frames');
  const ledger = JSON.parse((await sender.stop()).stdout) as Ledger;
  t.is(ledger.accepted, ledger.offered);
  t.is(ledger.kernel, ledger.accepted);
});

test.serial('tx-inject --threads that is killed leaves queues and counters in order', async (t) => {
  await done('create', 'kill0', '--persist', '--up', '--queues', '4');
  const sender = await endless('kill0', '-t');
  t.is((await sender.stop('SIGKILL')).signal, 'SIGKILL');
  t.is(ipLink('kill0').linkinfo.info_data.numqueues ?? 0, 0);
  // Each burst is counted when it was sent: at most one of each thread is missing.
  const { packets } = (await json<{ tx: { packets: number } }>('stats', 'kill0')).tx;
  const kernel = ipLink('kill0').stats64.rx.packets;
  t.true(packets <= kernel && packets >= kernel - 2 * 128, `${packets} of ${kernel}`);
  const { accepted } = await json<Ledger>('tx-inject', 'kill0', ...TEMPLATE, ...THREADS);
  t.is(accepted, 64);
});

test.serial('tx-inject --threads ends when its device is deleted', async (t) => {
  await done('create', 'gone0', '--persist', '--up', '--queues', '4');
  const sender = await endless('gone0', '-t');
  await done('delete', 'gone0');
  const { code, stderr } = await sender.ended();
  t.is(code, 2, stderr);
  t.regex(stderr, /^rtap: cannot go on sending into "gone0": the device was deleted/m);
});

test.serial('tx-inject --threads keeps a rate, and says how late frames were', async (t) => {
  await done('create', 'rate0', '--persist', '--up', '--queues', '2');
  const words = ['-p', '500', '-L', '250', '-q', '0-1', '--threads', '2', '--json'];
  const { code, stdout, stderr } = await runProcess('tx-inject', 'rate0', ...TEMPLATE, ...words);
  t.is(code, 0, stderr);
  const ledger = JSON.parse(stdout) as Ledger;
  t.like(ledger, { offered: 250, accepted: 250, kernel: 250 });
  t.true(ledger.seconds >= 0.498 && ledger.seconds < 20, `${ledger.seconds} s`);
  const { median, max } = ledger.lateness_us!;
  t.true(median >= 0 && max >= median && max < 20e6);
});

test.serial(
  'tx-inject --threads keeps limits, loops and the order of a capture, with -K and without',
  async (t) => {
    await done('create', 'loop0', '--persist', '--up', '--queues', '2');
    const path = join(directory, 'loop.pcap');
    writeFileSync(path, captureOf(Array.from({ length: 300 }, (_, number) => frameOf(number))));
    for (const words of [[], ['-K']]) {
      const given = ['-r', path, '-t', '-l', '3', '-L', '800', '-q', '0-1', '--threads', '2', ...words];
      const { offered, accepted, queues } = await json<Ledger>('tx-inject', 'loop0', ...given);
      t.deepEqual([offered, accepted], [800, 800]);
      // Frames of no flow go by their source address: here all have the same.
      t.deepEqual(queues.map((queue) => queue.accepted).toSorted(), [0, 800]);
    }
  },
);

test.serial('tx-inject --threads counts refused frames in their queue, and the counters agree', async (t) => {
  await done('create', 'long0', '--persist', '--up', '--queues', '2');
  const words = [...TEMPLATE, '--size', '2000', '-q', '0-1', '--threads', '2', '--json'];
  const { code, stdout } = await run('tx-inject', 'long0', ...words);
  t.is(code, 3);
  const { refused, queues } = JSON.parse(stdout) as Ledger;
  t.deepEqual(refused, { EMSGSIZE: 64 });
  const stats = await json<{ queues: readonly { tx: { errors: number } }[] }>(
    'stats',
    'long0',
    '--per-queue',
  );
  t.deepEqual(
    stats.queues.map(({ tx }) => tx.errors),
    queues.map((queue) => queue.refused.EMSGSIZE ?? 0),
  );
});

test.serial('tx-inject warns once that its device went down, whichever thread finds out', async (t) => {
  await done('create', 'down0', '--persist', '--up', '--queues', '2');
  const sender = await endless('down0', '-p', '5000');
  await done('down', 'down0');
  await sender.waitFor(/down0 is down: the kernel refuses frames until it is up/, 'stderr');
  await done('up', 'down0');
  const { code, stdout, stderr } = await sender.stop();
  t.is(code, 3, stderr);
  t.is(stderr.match(/is down: the kernel/g)?.length, 1);
  const ledger = JSON.parse(stdout) as Ledger;
  t.is(ledger.accepted + ledger.refused.EIO!, ledger.offered);
  t.is(ledger.kernel, ledger.accepted);
});

test.serial(
  'tx-inject --threads starts that many threads, and they sleep while nothing is due',
  async (t) => {
    await done('create', 'idle0', '--persist', '--up', '--queues', '4');
    const lone = start(['tx-inject', 'idle0', ...TEMPLATE, '-q', 'all', '-p', '2', '-l', '0']);
    const wide = start([
      'tx-inject',
      'idle0',
      ...TEMPLATE,
      '-q',
      'all',
      '-p',
      '2',
      '-l',
      '0',
      '--threads',
      '3',
    ]);
    await eventually(() => ipLink('idle0').stats64.rx.packets > 4, 'the first frames');
    const more = () => threadNames(wide.pid).length - threadNames(lone.pid).length;
    await eventually(
      () => more() >= 3,
      () => `${more()} threads more`,
    );
    for (const sender of [lone, wide]) t.is((await sender.stop()).code, 0);
  },
);
