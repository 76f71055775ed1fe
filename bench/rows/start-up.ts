import { writeFileSync } from 'node:fs';
import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { medianOf } from '../medians.js';
import { PrivateNamespace } from '../private-namespace.js';

/** Runs of a program for one sample, which is their median. */
const RUNS = 5;

const DEVICES = 1000;

/** Measures the whole process of `rtap stats`, beside Node doing nothing. */
export const makeStatsStart: ContestMaker = async (workplace): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap('io0', { queueCount: 4 });
  const ours = wholeProcess(namespace, 'rtap stats io0', workplace.rtap.command, 'stats', 'io0');
  const theirs = wholeProcess(namespace, 'node -e 0', process.execPath, '-e', '0');
  const row = { name: 'stats-start', work: 'rtap stats, the whole process', ours, theirs, limit: 1.6 };
  return timed('stats-start', row, namespace);
};

/** Measures `rtap list` of many devices, beside ip(8). */
export const makeListStart: ContestMaker = async (workplace): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const batch = workplace.path('devices');
  const line = (_: unknown, number: number) => `tuntap add dev io${number} mode tap multi_queue\n`;
  writeFileSync(batch, Array.from({ length: DEVICES }, line).join(''));
  await namespace.run('ip', '-batch', batch);
  const ours = wholeProcess(namespace, 'rtap list', workplace.rtap.command, 'list');
  const theirs = wholeProcess(namespace, 'ip -j link', 'ip', '-j', 'link');
  const work = 'rtap list, 1,000 TAPs; beside it, 60 ms are added';
  return timed(
    'list-start',
    { name: 'list-start', work, ours, theirs, limit: 2, allowance: 0.06 },
    namespace,
  );
};

function timed(name: string, row: Contest['rows'][number], namespace: PrivateNamespace): Contest {
  return {
    name,
    unit: 's',
    lessIsBetter: true,
    rows: [row],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
}

function wholeProcess(
  namespace: PrivateNamespace,
  label: string,
  program: string,
  ...words: readonly string[]
): Contestant {
  const measure = async (): Promise<Sample> => {
    const seconds: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      await namespace.run(program, ...words);
      seconds.push((performance.now() - start) / 1000);
    }
    return { value: medianOf(seconds) };
  };
  return { label, measure };
}
