import { readFileSync } from 'node:fs';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';
import { processorTicks } from '../processor-time.js';
import type { RunningProgram } from '../running-program.js';

/** How long the holder is measured, and how long it runs before that. */
const WATCHED_MS = 10_000;
const QUICKLY_WATCHED_MS = 3000;
const SETTLING_MS = 1000;
/** V8 gives memory back once, 8 s after the start, which takes 40 to 80 ms. That is no idle time. */
const TIDYING_MS = 15_000;

/** Measures the processor time of an idle holder. */
export const makeHolderTime: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const holding = await startHolder(workplace.rtap.command);
  await pause(TIDYING_MS);
  const ours: Contestant = {
    label: 'rtap hold',
    measure: async () => {
      const before = processorTicks(holding.program.pid);
      await pause(quick ? QUICKLY_WATCHED_MS : WATCHED_MS);
      return { value: processorTicks(holding.program.pid) - before };
    },
  };
  // A tick is 10 ms: two of them may come by chance.
  const row = {
    name: 'holder-time',
    work: 'holder of 128 queues, idle: ticks in 10 s',
    ours,
    limit: 0,
    broken: 2,
  };
  return { name: 'holder-time', unit: 'ticks', lessIsBetter: true, roundsMax: 3, rows: [row], ...holding };
};

/** Measures the resident memory of an idle holder. */
export const makeHolderMemory: ContestMaker = async (workplace): Promise<Contest> => {
  const holding = await startHolder(workplace.rtap.command);
  const ours: Contestant = {
    label: 'rtap hold',
    measure: async () => ({ value: residentBytes(holding.program.pid) }),
  };
  const work = 'holder of 128 queues, idle: resident memory';
  const row = { name: 'holder-memory', work, ours, limit: 60e6 };
  return { name: 'holder-memory', unit: 'bytes', lessIsBetter: true, rows: [row], ...holding };
};

interface Holding extends AsyncDisposable {
  readonly program: RunningProgram;
}

async function startHolder(command: string): Promise<Holding> {
  const namespace = PrivateNamespace.make();
  namespace.makeTap('io0', { queueCount: 128 });
  const program = namespace.start(command, 'hold', 'io0');
  await program.said(/ready/g);
  await pause(SETTLING_MS);
  const end = async () => {
    await program.stop();
    namespace[Symbol.dispose]();
  };
  return { program, [Symbol.asyncDispose]: end };
}

/** Source: proc_pid_status(5), VmRSS. */
function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
