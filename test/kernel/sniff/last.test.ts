import { mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ip } from '../../netlink/iproute2.js';
import { refusal, start } from '../command.js';
import { eventually } from '../deadline.js';
import { runTool, startPeer } from '../peer.js';
import type { RunningProcess } from '../running-process.js';
import { FlowDevice } from '../sent-flows.js';
import { enterWorkspace } from '../workspace.js';
import { CountingHolder } from './counting-holder.js';

const { directory } = enterWorkspace();
const LONG_QUEUE = ['--txqueuelen', '32767'];
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d`;

/** A frame of a file: seconds since 1970, and the number that its sender gave it. */
interface Frame {
  readonly time: number;
  readonly number: number;
}

/** A run of sniff or rx-dump with --last, whose files lie in a folder of their own. */
class Recorded {
  readonly process: RunningProcess;
  /** The names that files of the folder have had, in turn. */
  readonly names = new Set<string>();
  readonly #folder: string;

  private constructor(folder: string, process: RunningProcess) {
    this.#folder = folder;
    this.process = process;
    watch(folder, { persistent: false }, (_, name) => this.names.add(name ?? ''));
  }

  static async start(command: string, name: string, ...words: string[]): Promise<Recorded> {
    const folder = join(directory, name);
    mkdirSync(folder);
    const path = join(folder, 'x.pcapng');
    const run = new Recorded(folder, start([command, name, '--last', '2MiB', '-w', path, ...words]));
    await run.process.waitFor(/listening on/, 'stderr');
    return run;
  }

  get files(): string[] {
    return readdirSync(this.#folder).sort();
  }

  /** Waits for the file of an event, and returns its comment and its frames. */
  async file(number: number, occasion = ''): Promise<{ comment: string; frames: Frame[] }> {
    const name = `x-${number}.pcapng`;
    await this.process.waitFor(new RegExp(`${name}: \\d+ packets?, .*${occasion}`), 'stderr');
    return this.read(name);
  }

  read(name: string): { comment: string; frames: Frame[] } {
    const path = join(this.#folder, name);
    const words = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'udp.payload'];
    const lines = runTool('tshark', '-r', path, ...words).split('\n');
    const frames = lines
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
      .map(([time, payload = '']) => ({
        time: Number(time),
        number: Number.parseInt(payload.slice(8, 16), 16),
      }));
    const [, comment = ''] = /Capture comment: +(.*)/.exec(runTool('capinfos', '-k', path)) ?? [];
    return { comment, frames };
  }
}

/** 0, 1, 2 and so on. */
function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

function numbersOf(frames: readonly Frame[]): number[] {
  return frames.map(({ number }) => number);
}

test('sniff --last writes what came before SIGUSR1 and in the time after it, and all that is left at the end', async (t) => {
  const flows = await FlowDevice.create('usr0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('usr0', 2);
  const run = await Recorded.start('sniff', 'usr0', '--after', '500ms');
  t.deepEqual(run.files, [], 'no file before an event');
  const sending = flows.startSending(1, 4000, 1000);
  while (!(await holder.counts()).read.some((count) => count > 500));
  run.process.signal('SIGUSR1');
  const { comment, frames } = await run.file(1);
  await eventually(() => run.names.has('x-1.pcapng'), 'the name');
  t.deepEqual([...run.names], ['x-1.pcapng.part', 'x-1.pcapng'], 'it has its name when it is whole');
  t.regex(comment, new RegExp(`^SIGUSR1, ${TIME}$`));
  t.deepEqual(numbersOf(frames), numbersTo(frames.length));
  const event = Date.parse(comment.slice('SIGUSR1, '.length)) / 1000;
  t.true(frames.some(({ time }) => time < event) && frames.some(({ time }) => time > event + 0.3));
  await sending.ended();
  const { code, stderr } = await run.process.stop('SIGINT');
  t.is(code, 0);
  t.regex(stderr, /x-2.pcapng: 4000 packets, end of the run$/m);
  t.notRegex(stderr, /captured[\s\S]*captured/, 'SIGUSR1 prints no counts');
  t.deepEqual(numbersOf(run.read('x-2.pcapng').frames), numbersTo(4000));
  t.deepEqual(run.files, ['x-1.pcapng', 'x-2.pcapng']);
  await holder.end();
});

test('sniff --last writes a file when packets are missed, and one when the device is deleted', async (t) => {
  const flows = await FlowDevice.create('miss0', { words: ['--txqueuelen', '10'] });
  const user = startPeer('tap_user.py', ['miss0', 'multi', 'vnet', 0, 'hold'], { inputOpen: true });
  await user.waitFor(/^10$/m);
  const run = await Recorded.start('sniff', 'miss0', '--on', 'missed,down', '--after', '100ms');
  await flows.send(1, 500);
  const { comment, frames } = await run.file(1);
  t.regex(comment, new RegExp(`^\\d+ packets? missed on miss0, ${TIME}$`));
  t.deepEqual(numbersOf(frames), numbersTo(500));
  run.process.signal('SIGUSR1');
  await run.process.waitFor(/500 packets captured/, 'stderr');
  t.deepEqual(run.files, ['x-1.pcapng']);
  ip('link del miss0');
  const { code, stderr } = await run.process.ended();
  t.is(code, 2);
  t.regex(stderr, /x-2.pcapng: 500 packets, miss0 is down$/m);
  t.deepEqual(run.files, ['x-1.pcapng', 'x-2.pcapng']);
  user.endInput();
  await user.ended();
});

test('rx-dump --last writes a file when the device loses its carrier or goes down', async (t) => {
  const flows = await FlowDevice.create('take0', { words: LONG_QUEUE });
  const run = await Recorded.start('rx-dump', 'take0', '--after', '100ms');
  await flows.send(1, 200);
  ip('link set take0 down');
  const { comment, frames } = await run.file(1);
  t.regex(comment, new RegExp(`^take0 is down, ${TIME}$`));
  t.deepEqual(numbersOf(frames), numbersTo(200));
  ip('link set take0 up', 'link set take0 carrier off');
  const { comment: second } = await run.file(2);
  t.regex(second, new RegExp(`^take0 has lost its carrier, ${TIME}$`));
  ip('link set take0 carrier on');
  const { code } = await run.process.stop('SIGTERM');
  t.is(code, 0);
  t.deepEqual(run.files, ['x-1.pcapng', 'x-2.pcapng', 'x-3.pcapng']);
});

test('--last keeps as many files as -W says, in its memory the newest frames, and runs -z', async (t) => {
  const flows = await FlowDevice.create('keep0', { words: LONG_QUEUE });
  const holder = await CountingHolder.start('keep0', 2);
  const seen = join(directory, 'seen');
  const program = `sh -c 'echo "$1" >>${seen}' sh`;
  const run = await Recorded.start(
    'sniff',
    'keep0',
    '--after',
    '50ms',
    '-W',
    '2',
    '-z',
    program,
    '-c',
    '60000',
  );
  for (const [index, number] of [1, 2, 1].entries()) {
    await flows.send(1, 10_000);
    const before = run.process.stderr.length;
    run.process.signal('SIGUSR1');
    await eventually(
      () => run.process.stderr.slice(before).includes(`x-${number}.pcapng: `),
      `file ${index}`,
    );
  }
  t.deepEqual(run.files, ['x-1.pcapng', 'x-2.pcapng']);
  await flows.send(1, 30_000);
  const { code } = await run.process.ended();
  t.is(code, 0, '-c ends it');
  t.deepEqual(run.files, ['x-1.pcapng', 'x-2.pcapng']);
  const numbers = numbersOf(run.read('x-2.pcapng').frames);
  // 132 bytes each.
  t.true(numbers.length > 12_000 && numbers.length < 16_000, `${numbers.length}`);
  t.deepEqual(numbers, numbersTo(30_000).slice(-numbers.length));
  const names = readFileSync(seen, 'utf8').trimEnd().split('\n');
  t.deepEqual(
    names.map((name) => name.slice(-10)),
    ['x-1.pcapng', 'x-2.pcapng', 'x-1.pcapng', 'x-2.pcapng'],
  );
  await holder.end();
});

test('--last refuses at the start what it could not write later', async (t) => {
  await FlowDevice.create('bad0');
  const path = join(directory, 'absent', 'x.pcapng');
  const [code, message] = await refusal('sniff', 'bad0', '--last', '1MiB', '-w', path);
  t.is(code, 2);
  t.regex(message!, /^rtap: cannot open ".*absent\/x-1.pcapng.part": /);
  const [usage, line] = await refusal('rx-dump', '-r', 'x.pcapng', '--last', '1MiB', '-w', path);
  t.deepEqual(
    [usage, line],
    [1, 'rtap: cannot use "--last" with -r: it needs a device, and -r reads a file'],
  );
});
