import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { readLoopSample } from '../loop-sample.js';
import { PrivateNamespace } from '../private-namespace.js';

const DEVICE = 'bench0';
const BURST = '128';

/** Measures frames out of the kernel: how long it takes to empty a queue, beside a loop in C. */
export const makeRx: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE);
  const fills = quick ? '1000' : '3000';
  const loop = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: async () => {
      // A queue of a process that has ended would still take frames.
      await namespace.untilIdle(DEVICE);
      await using reading = namespace.start(...command, DEVICE, BURST, fills);
      await reading.said(/ready/g);
      await namespace.untilRunning(DEVICE);
      reading.writeLine();
      return readLoopSample(await reading.succeed());
    },
  });
  const ours = loop('rtap, the library', process.execPath, workplace.rtap.subject('receive-loop'));
  const theirs = loop('liburing in C', await workplace.program('ring-reader'));
  const work = 'rx, the library: emptying a queue of 900 frames of 64 bytes';
  return {
    name: 'rx',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [{ name: 'rx', work, ours, theirs, limit: 0.95 }],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};
