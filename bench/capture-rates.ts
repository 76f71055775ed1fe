/**
 * How fast `rtap rx-dump -w` writes a pcapng file, beside `tcpdump -w` on the same kind of device.
 *
 *   npx tsx bench/capture-rates.ts [FRAME BYTES]
 *
 * The two take turns in one run, in a network namespace of its own: the highest rate that came through without a loss
 * (found by halving), and the processor time for each frame at a rate that both manage. Medians of five rounds. These are
 * figures of this machine at this moment: only the ratios can be compared.
 *
 * The kernel copies frames for tcpdump in the sender's time and for a reader of a TAP in the reader's, so the time of both
 * ends is said too. Each has the room for waiting frames that is its default, and for rx-dump a queue of 10,000 frames
 * besides, which is about the memory that tcpdump's ring has.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enterNewNetworkNamespace } from '../src/sys/network-namespace.js';
import { CreatedDevice } from '../src/tap/device-creation.js';
import { TapDevice } from '../src/tap/tap-device.js';

const ROUNDS = 5;
const FRAME_BYTES = Number(process.argv[2] ?? 64);
/** Frames a second. */
const RATE_MIN = 25_000;
const RATE_MAX = 1_600_000;
const HALVINGS = 6;
const SEARCH_SECONDS = 0.7;
/** Both manage it. */
const STEADY_RATE = 100_000;
const STEADY_FRAMES = 300_000;
/** A first stretch that is not measured: code gets compiled. */
const WARM_FRAMES = 200_000;
const RTAP = fileURLToPath(new URL('../bin/rtap', import.meta.url));
/** Source: sysconf(_SC_CLK_TCK), 100 on every platform of Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

interface Subject {
  readonly label: string;
  readonly device: string;
  command(path: string): readonly [program: string, ...words: string[]];
}

const SUBJECTS: readonly Subject[] = [
  { label: 'tcpdump', device: 'seen0', command: tcpdump },
  { label: 'rx-dump', device: 'tap1000', command: (path) => [RTAP, 'rx-dump', 'tap1000', '-w', path] },
  {
    label: 'rx-dump, long queue',
    device: 'tap10000',
    command: (path) => [RTAP, 'rx-dump', 'tap10000', '-w', path],
  },
];

/** What rx-dump and tcpdump answer to SIGUSR1. */
const COUNT = /(\d+) packets? captured/g;

const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
const sender = join(directory, 'paced-sender');
const capture = join(directory, 'capture');

function tcpdump(path: string): readonly [string, ...string[]] {
  return ['tcpdump', '-Z', 'root', '-n', '-i', 'seen0', '-w', path];
}

/** Processor time of a process, in seconds. Source: proc_pid_stat(5), utime and stime. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** A capture that runs, and is asked for its counts. */
class Capture {
  readonly #child: ChildProcess;
  #talk = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#talk += chunk;
    });
  }

  static async start([program, ...words]: readonly [string, ...string[]]): Promise<Capture> {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const started = new Capture(child);
    await started.#said(/listening/g, 1);
    return started;
  }

  /** Frames captured so far, when no more have come for a while. */
  async count(): Promise<number> {
    for (let before = -1; ; ) {
      const now = await this.#ask();
      if (now === before) return now;
      before = now;
      // tcpdump hands over a block of its ring when it is full, or a second old.
      await new Promise((resolve) => setTimeout(resolve, 1100));
    }
  }

  processorSeconds(): number {
    return processorSeconds(this.#child.pid!);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await once(this.#child, 'close');
  }

  async #ask(): Promise<number> {
    const answers = this.#talk.match(COUNT)?.length ?? 0;
    this.#child.kill('SIGUSR1');
    return Number((await this.#said(COUNT, answers + 1)).at(-1)![1]);
  }

  async #said(pattern: RegExp, times: number): Promise<RegExpMatchArray[]> {
    for (;;) {
      const matches = [...this.#talk.matchAll(pattern)];
      if (matches.length >= times) return matches;
      await once(this.#child.stderr!, 'data');
    }
  }
}

/** Sends `frames` at `rate` a second, or as fast as it goes; returns the seconds that it took, and its processor time. */
async function send(device: string, rate: number, frames: number): Promise<readonly [number, number]> {
  const child = spawn(sender, [device, String(FRAME_BYTES), String(rate), String(frames)]);
  const [said] = await once(child.stdout, 'data');
  const [, seconds = 0, processor = 0] = String(said).split(' ').map(Number);
  return [seconds, processor];
}

/** Processor time for each frame, in microseconds, at a rate that every subject manages. */
async function measureTime(subject: Subject, capturing: Capture, figures: Figures): Promise<void> {
  const before = await capturing.count();
  const secondsBefore = capturing.processorSeconds();
  const [, senderSeconds] = await send(subject.device, STEADY_RATE, STEADY_FRAMES);
  const captured = (await capturing.count()) - before;
  if (captured < STEADY_FRAMES)
    console.log(`${subject.label}: ${STEADY_FRAMES - captured} lost at ${STEADY_RATE} frames/s`);
  figures.reader.push(((capturing.processorSeconds() - secondsBefore) / captured) * 1e6);
  figures.sender.push((senderSeconds / STEADY_FRAMES) * 1e6);
}

/** The highest rate at which nothing was lost, in frames a second: what was sent, which may be less than was asked for. */
async function findRate(subject: Subject, capturing: Capture): Promise<number> {
  let low = RATE_MIN;
  let high = RATE_MAX;
  let best = 0;
  for (let step = 0; step < HALVINGS; step++) {
    const rate = Math.sqrt(low * high);
    const frames = Math.round(rate * SEARCH_SECONDS);
    const before = await capturing.count();
    const [seconds] = await send(subject.device, rate, frames);
    if ((await capturing.count()) - before < frames) {
      high = rate;
    } else {
      low = rate;
      best = Math.max(best, frames / seconds);
    }
  }
  return best;
}

async function measure(subject: Subject, figures: Figures): Promise<void> {
  const capturing = await Capture.start(subject.command(capture));
  try {
    await send(subject.device, STEADY_RATE, WARM_FRAMES);
    await measureTime(subject, capturing, figures);
    figures.rates.push(await findRate(subject, capturing));
  } finally {
    await capturing.stop();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Figures {
  readonly rates: number[];
  readonly reader: number[];
  readonly sender: number[];
}

function describe({ rates, reader, sender: sending }: Figures, beside: Figures): string {
  const spread = `${(Math.min(...rates) / 1000).toFixed(0)} to ${(Math.max(...rates) / 1000).toFixed(0)}`;
  const both = median(reader) + median(sending);
  return [
    `${(median(rates) / 1000).toFixed(0)} k frames/s without a loss (${spread})`,
    `${(median(rates) / median(beside.rates)).toFixed(2)} times tcpdump`,
    `${median(reader).toFixed(2)} us a frame (${both.toFixed(2)} with the sender's)`,
  ].join(', ');
}

function makeDevice(name: string, txqueuelen: number): void {
  using created = CreatedDevice.create(name, { queueCount: 1, up: true, txqueuelen });
  created.makePersistent();
}

enterNewNetworkNamespace();
process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
try {
  const source = fileURLToPath(new URL('c/paced-sender.c', import.meta.url));
  const { status } = spawnSync('gcc', ['-O2', '-Wall', '-o', sender, source], { stdio: 'inherit' });
  if (status !== 0) throw new Error('gcc cannot compile bench/c/paced-sender.c');
  makeDevice('seen0', 1000);
  makeDevice('tap1000', 1000);
  makeDevice('tap10000', 10_000);
  // What tcpdump sees needs a carrier: a queue that nobody reads, and that drops what it cannot hold.
  using _held = TapDevice.open('seen0', { queueCount: 1 });
  const figures = new Map(
    SUBJECTS.map((subject) => [subject, { rates: [], reader: [], sender: [] } as Figures]),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const [subject, measured] of figures) await measure(subject, measured);
  }
  const beside = figures.get(SUBJECTS[0]!)!;
  console.log(`frames of ${FRAME_BYTES} bytes`);
  for (const [{ label }, of] of figures) console.log(`${label.padEnd(20)} ${describe(of, beside)}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
