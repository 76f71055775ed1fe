import { writeFileSync } from 'node:fs';
import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { medianOf } from '../medians.js';
import { PrivateNamespace } from '../private-namespace.js';

/** Runs for one sample, which is their median. */
const RUNS = 5;

const DEVICES = 1000;

/** A program and its arguments. */
type Command = readonly [program: string, ...words: string[]];

const NODE: Command = [process.execPath, '-e', '0'];

/** Measures the whole process of `rtap stats`, beside Node doing nothing. */
export const makeStats: ContestMaker = async (workplace): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap('io0', { queueCount: 4 });
  const ours = wholeProcesses(namespace, 'rtap stats io0', [workplace.rtap.command, 'stats', 'io0']);
  const theirs = wholeProcesses(namespace, 'node -e 0', NODE);
  return timed({ name: 'stats', work: 'rtap stats, the whole process', ours, theirs, limit: 1.5 }, namespace);
};

/** Measures `rtap list` of many devices, beside what it consists of: the start of Node, and ip(8). */
export const makeList: ContestMaker = async (workplace): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const batch = workplace.path('devices');
  const line = (_: unknown, number: number) => `tuntap add dev io${number} mode tap multi_queue\n`;
  writeFileSync(batch, Array.from({ length: DEVICES }, line).join(''));
  await namespace.run('ip', '-batch', batch);
  const ours = wholeProcesses(namespace, 'rtap list', [workplace.rtap.command, 'list']);
  const theirs = wholeProcesses(namespace, 'ip -j link, then node -e 0', ['ip', '-j', 'link'], NODE);
  const work = 'rtap list of 1,000 TAPs, the whole process';
  return timed({ name: 'list', work, ours, theirs, limit: 1.3 }, namespace);
};

function timed(row: Contest['rows'][number], namespace: PrivateNamespace): Contest {
  return {
    name: row.name,
    unit: 's',
    lessIsBetter: true,
    rows: [row],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
}

/** Measures how long the commands take, one after the other. */
function wholeProcesses(
  namespace: PrivateNamespace,
  label: string,
  ...commands: readonly Command[]
): Contestant {
  const measure = async (): Promise<Sample> => {
    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      for (const command of commands) await namespace.run(...command);
      seconds.push((performance.now() - start) / 1000);
    }
    return { value: medianOf(seconds) };
  };
  return { label, measure };
}
