import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BenchDevice } from '../../measure/bench-device.js';
import { BenchGround } from '../../measure/bench-ground.js';
import { tryRing } from '../../tap/queue/tap-device.js';
import { EXIT_INCOMPLETE } from '../errors/exit-code.js';
import { jsonText } from '../output/escapes.js';
import { LineOutput } from '../output/line-output.js';
import { plural } from '../output/plural.js';
import type { Console } from '../process/console.js';
import { enterPrivateNamespace } from '../process/private-namespace.js';
import { Undo } from '../process/undo.js';
import type { BenchOptions } from './bench-arguments.js';
import { benchJson } from './bench-json.js';
import { describeMachine, readMachine } from './bench-machine.js';
import { BenchRounds } from './bench-rounds.js';
import type { BenchRow } from './bench-row.js';
import { describeMode } from './bench-table.js';

/** How long the reader of standard output may take for the last lines. */
const DRAIN_MS = 5_000;

/** Runs `rtap bench`: measures, and prints each mode when it is done. After a signal it prints what it has. */
export async function runBench(options: BenchOptions, console: Console): Promise<void> {
  // First, so that what the machine lacks shows before anything is made.
  tryRing();
  const elsewhere = await enterPrivateNamespace('bench', console);
  if (elsewhere !== undefined) {
    console.exitCode = elsewhere;
    return;
  }
  using undo = new Undo();
  await using ground = new BenchGround(options);
  undo.own(console.onStop(() => ground.haltAll()));
  const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
  undo.own(() => rmSync(directory, { recursive: true, force: true }));
  process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
  (await BenchDevice.make(1, options.napi))[Symbol.dispose]();
  await measureAndPrint(options, ground, console);
}

async function measureAndPrint(options: BenchOptions, ground: BenchGround, console: Console): Promise<void> {
  using output = new LineOutput();
  // Without a reader of standard output there is nothing to measure for.
  const closed = output.closed.finally(() => ground.haltAll());
  closed.catch(() => {});
  const rounds = new BenchRounds(options, ground, console);
  await printRows(options, rounds, output);
  await output.drain(DRAIN_MS);
  // Rejects if the disk is full.
  const left = (await Promise.race([closed, Promise.resolve('open')])) === 'closed';
  if (!ground.halted || left) return;
  console.note(`bench: interrupted after ${rounds.done} of ${plural(rounds.total, 'measurement')}`);
  console.exitCode = EXIT_INCOMPLETE;
}

async function printRows(options: BenchOptions, rounds: BenchRounds, output: LineOutput): Promise<void> {
  const machine = readMachine();
  const { json, modes } = options;
  if (!json) output.write([...describeMachine(machine), describeMethod(options)].join('\n'));
  const rows: BenchRow[] = [];
  for (const mode of modes) {
    const measured = await rounds.measure(mode);
    rows.push(...measured);
    if (!json && measured.length > 0) output.write(`\n${describeMode(mode, measured)}`);
  }
  if (!json && rounds.interrupted)
    output.write(`\ninterrupted after ${rounds.done} of ${plural(rounds.total, 'measurement')}`);
  if (json) output.write(jsonText(benchJson(machine, options, { rows, interrupted: rounds.interrupted })));
}

function describeMethod({ queueCount, threadCount, napi, rounds, durationMs }: BenchOptions): string {
  const means = `${plural(queueCount, 'queue')}, ${plural(threadCount, 'thread')}${napi ? ', IFF_NAPI' : ''}`;
  return `${means}; medians of ${plural(rounds, 'round')} of ${durationMs} ms, in turns`;
}
