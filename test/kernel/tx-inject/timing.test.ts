import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { captureOf, frameOf } from '../capture.js';
import { done, runProcess, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLink } from '../ip-link.js';
import { PacketSocket, runPeer } from '../peer.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

/** Microseconds. */
interface Lateness {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Runs tx-inject in a process of its own, whose timing the test does not disturb. Returns what --json prints. */
async function inject<T = unknown>(...words: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await runProcess('tx-inject', ...words, '--json');
  if (code !== 0) throw new Error(`tx-inject ${words.join(' ')}: exit ${code}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Between the first frame and the last, as the kernel stamped them. */
function spanOf(frames: readonly { readonly seconds: number }[]): number {
  return frames.at(-1)!.seconds - frames[0]!.seconds;
}

/** A machine that runs other programs meanwhile delays a process: one attempt of so many has to be undisturbed. */
const ATTEMPTS_MAX = 5;

test.serial('tx-inject keeps the recorded timing of a file', async (t) => {
  const path = join(directory, 'timed.pcap');
  await runPeer('capture_file.py', path, 60, 60, 60, 10_000);
  await done('create', 'timed0', '--persist', '--up');
  let apart = 0;
  for (let attempt = 0; attempt < ATTEMPTS_MAX && apart <= 30; attempt++) {
    const socket = await PacketSocket.open('timed0', 'in');
    const { seconds } = await inject<{ seconds: number }>('timed0', '-r', path);
    const frames = await socket.close();
    t.is(frames.length, 60);
    // The first frame may leave late on a busy machine; the others then follow the schedule, not the first frame.
    t.true(spanOf(frames) >= 0.5 && spanOf(frames) < 5, `${spanOf(frames)} s`);
    t.true(seconds >= 0.59, `${seconds} s`);
    const gaps = frames.slice(1).map((frame, number) => frame.seconds - frames[number]!.seconds);
    apart = gaps.filter((gap) => gap > 0.002).length;
  }
  // Not in clusters: frames that are 10 ms apart do not come in pairs.
  t.true(apart > 30, `${apart} of 59 frames came on their own`);
});

test.serial('tx-inject keeps the recorded timing of each pass', async (t) => {
  const path = join(directory, 'passes.pcap');
  await runPeer('capture_file.py', path, 3, 60, 60, 100_000);
  await done('create', 'passes0', '--persist', '--up');
  const socket = await PacketSocket.open('passes0', 'in');
  await inject('passes0', '-r', path, '--count', '2');
  const frames = await socket.close();
  t.is(frames.length, 6);
  t.true(spanOf(frames) >= 0.3 && spanOf(frames) < 4, `${spanOf(frames)} s`);
});

test.serial('tx-inject -x sends so many times as fast as recorded', async (t) => {
  const path = join(directory, 'slow.pcap');
  await runPeer('capture_file.py', path, 11, 60, 60, 1_000_000);
  await done('create', 'times0', '--persist', '--up');
  const socket = await PacketSocket.open('times0', 'in');
  const { seconds } = await inject<{ seconds: number }>('times0', '-r', path, '-x', '20');
  const frames = await socket.close();
  // Ten seconds as recorded, half a second so.
  t.is(frames.length, 11);
  t.true(seconds >= 0.5 && seconds < 8, `${seconds} s`);
  t.true(spanOf(frames) >= 0.4, `${spanOf(frames)} s`);
});

test.serial(
  'tx-inject sends 1,000 frames a second for five seconds, and prints how late they were',
  async (t) => {
    const path = join(directory, 'even.pcap');
    await runPeer('capture_file.py', path, 100, 60, 60, 10_000);
    await done('create', 'even0', '--persist', '--up');
    const socket = await PacketSocket.open('even0', 'in');
    const words = ['-r', path, '-l', '0', '-p', '1000', '--duration', '5s', '--json'];
    const { code, stdout, stderr } = await runProcess('tx-inject', 'even0', ...words);
    const frames = await socket.close();
    t.is(code, 0, stderr);
    const ledger = JSON.parse(stdout) as { accepted: number; lateness_us: Lateness };
    t.true(Math.abs(ledger.accepted - 5000) <= 1, `${ledger.accepted} frames`);
    t.is(frames.length, ledger.accepted);
    const { median, p99, max } = ledger.lateness_us;
    t.true(median >= 0 && p99 >= median && max >= p99);
    t.regex(
      stderr,
      new RegExp(
        `late by ${median} us \\(median\\), ${p99} us \\(99th percentile\\), ${max} us \\(maximum\\)`,
      ),
    );
    // No frame comes early, by the clock of the kernel: since the first frame there are never more than the schedule allows.
    const first = frames[0]!.seconds - max / 1e6;
    t.true(frames.every(({ seconds }, number) => seconds - first >= number / 1000 - 0.02));
  },
);

test.serial('tx-inject -t ignores the recorded timing', async (t) => {
  const path = join(directory, 'seconds.pcap');
  writeFileSync(path, captureOf([frameOf(1), frameOf(2), frameOf(3), frameOf(4), frameOf(5)]));
  await done('create', 'speed0', '--persist', '--up');
  // Four seconds as recorded.
  const { seconds } = await inject<{ seconds: number }>('speed0', '-r', path, '-t');
  t.true(seconds < 3, `${seconds} s`);
});

for (const [rate, least] of [
  ['200pps', 0.495],
  ['0.2kpps', 0.495],
  ['96kbit', 0.495],
] as const) {
  test.serial(`tx-inject sends at the rate ${rate}`, async (t) => {
    const name = `r-${rate.replace('.', '-')}`;
    const path = join(directory, `${name}.pcap`);
    writeFileSync(path, captureOf(Array.from({ length: 100 }, (_, number) => frameOf(number))));
    await done('create', name, '--persist', '--up');
    const socket = await PacketSocket.open(name, 'in');
    const ledger = await inject<{ accepted: number; pps: number }>(name, '-r', path, '--rate', rate);
    const frames = await socket.close();
    t.deepEqual([ledger.accepted, frames.length], [100, 100]);
    // 99 gaps of 5 ms: never early, and not late by seconds.
    t.true(spanOf(frames) >= least - 0.1 && spanOf(frames) < 5, `${spanOf(frames)} s`);
    t.true(ledger.pps < 220 && ledger.pps > 15, `${ledger.pps} pps`);
  });
}

test.serial(
  'tx-inject prints its progress at SIGUSR1, and its counts when a signal ends its wait',
  async (t) => {
    const path = join(directory, 'hour.pcap');
    await runPeer('capture_file.py', path, 3, 60, 60, 1_800_000_000);
    await done('create', 'wait0', '--persist', '--up');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const before = ipLink('wait0').stats64.rx.packets;
      const injection = start(['tx-inject', 'wait0', '-r', path, '--json']);
      await eventually(() => ipLink('wait0').stats64.rx.packets > before, 'the first frame');
      injection.signal('SIGUSR1');
      await injection.waitFor(/^1 packet offered, 1 accepted so far$/m, 'stderr');
      const { code, stdout, stderr } = await injection.stop(signal);
      t.is(code, 0, stderr);
      t.like(JSON.parse(stdout), { offered: 1, accepted: 1, kernel: 1 });
      t.regex(stderr, /\ntx-inject: wait0 queue 0, stopped by a signal\n1 packet offered, 1 accepted /);
    }
  },
);

test.serial('a signal stops tx-inject soon at top speed, and while it waits for a pipe', async (t) => {
  await done('create', 'endless0', '--persist', '--up');
  const endless = start(['tx-inject', 'endless0', '--hex', frameOf(1), '--count', '1000000000', '--json']);
  await eventually(() => ipLink('endless0').stats64.rx.packets > 1000, 'a thousand frames');
  const ended = await endless.stop('SIGINT');
  const { offered, accepted, kernel } = JSON.parse(ended.stdout) as {
    offered: number;
    accepted: number;
    kernel: number;
  };
  t.is(ended.code, 0, ended.stderr);
  t.deepEqual([accepted, kernel], [offered, offered]);
  t.is(ipLink('endless0').stats64.rx.packets, offered);

  const silent = start(['tx-inject', 'endless0', '-r', '-'], { inputOpen: true });
  silent.write(captureOf([frameOf(1)]));
  await eventually(() => ipLink('endless0').stats64.rx.packets === offered + 1, 'the frame from the pipe');
  const { code, stderr } = await silent.stop('SIGTERM');
  t.is(code, 0, stderr);
  t.regex(stderr, /1 packet received by the kernel/);
});
