import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { readLoopSample } from '../loop-sample.js';
import { PrivateNamespace } from '../private-namespace.js';
import { startTestpmd } from '../testpmd.js';

const WORK = 'tx, 64-byte frames, top speed, one queue';
const DEVICE = 'bench0';
const BURST = '128';

/** Measures frames into the kernel, beside loops in C and DPDK. */
export const makeTx: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE);
  const frames = quick ? '500000' : '2000000';
  const loop = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: async () => readLoopSample(await namespace.run(...command)),
  });
  const sendLoop = workplace.rtap.subject('send-loop');
  const ours = loop(`rtap, bursts of ${BURST}`, process.execPath, sendLoop, DEVICE, frames, BURST, '1');
  const write = loop('write(2) in C', await workplace.program('write-loop'), DEVICE, frames);
  const ring = loop('liburing in C', await workplace.program('ring-writer'), DEVICE, frames, BURST);
  const testpmd: Contestant = {
    label: 'testpmd txonly, net_tap',
    programs: ['dpdk-testpmd'],
    measure: () => measureTestpmd(namespace, quick ? 1 : 2),
  };
  return {
    name: 'tx',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      { name: 'tx-write', work: WORK, ours, theirs: write, limit: 1.3 },
      { name: 'tx-liburing', work: WORK, ours, theirs: ring, limit: 1 },
      { name: 'tx-testpmd', work: WORK, ours, theirs: testpmd, limit: 1.4 },
    ],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

/** Measures what the kernel counts for testpmd in `seconds`. */
async function measureTestpmd(namespace: PrivateNamespace, seconds: number) {
  await using testpmd = await startTestpmd(namespace, { mode: 'txonly', devices: ['dpdk0'] });
  const look = () => ({ frames: namespace.framesReceived('dpdk0'), ms: performance.now() });
  // testpmd has just begun.
  await testpmd.settle();
  const processorStart = testpmd.processorSeconds();
  const before = look();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = look();
  const processor = testpmd.processorSeconds() - processorStart;
  const frames = after.frames - before.frames;
  return {
    value: frames / ((after.ms - before.ms) / 1000),
    frameMicroseconds: (processor / frames) * 1e6,
  };
}
