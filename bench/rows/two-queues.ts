import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { readLoopSample } from '../loop-sample.js';
import { PrivateNamespace } from '../private-namespace.js';

const DEVICE = 'bench0';
const BURST = '128';

/** Measures two queues, each with a thread of its own, beside one queue. */
export const makeTwoQueues: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE, { queueCount: 2 });
  const frames = quick ? '500000' : '2000000';
  const sendLoop = workplace.rtap.subject('send-loop');
  const sender = (label: string, threads: string): Contestant => ({
    label,
    measure: async () =>
      readLoopSample(await namespace.run(process.execPath, sendLoop, DEVICE, frames, BURST, threads)),
  });
  return {
    name: 'two-queues',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      {
        name: 'two-queues',
        work: 'tx, 64-byte frames, top speed, two queues on two threads',
        ours: sender('rtap, two queues', '2'),
        theirs: sender('rtap, one queue on one thread', '1'),
        limit: 1.6,
      },
    ],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};
