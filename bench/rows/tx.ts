import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { readLoopSample } from '../loop-sample.js';
import { PrivateNamespace } from '../private-namespace.js';
import { measureSending } from '../sending-sample.js';
import { BROADCAST_FRAME } from '../subjects/frame.js';

const DEVICE = 'bench0';
const BURST = '128';

/** Measures frames into the kernel: the library and the command beside a loop in C. */
export const makeTx: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE);
  const frames = quick ? '1000000' : '4000000';
  const { rtap } = workplace;
  const loop = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: async () => readLoopSample(await namespace.run(...command)),
  });
  const library = loop(
    'rtap, the library',
    process.execPath,
    rtap.subject('send-loop'),
    DEVICE,
    frames,
    BURST,
  );
  const ring = loop('liburing in C', await workplace.program('ring-writer'), DEVICE, frames, BURST);
  const hex = Buffer.from(BROADCAST_FRAME).toString('hex');
  const command = [rtap.command, 'tx-inject', DEVICE, '--hex', hex, '-t', '-l', '0'] as const;
  const inject: Contestant = {
    label: 'rtap tx-inject -t',
    measure: () => measureSending({ namespace, device: DEVICE, command, seconds: quick ? 1 : 2 }),
  };
  const work = 'one queue, 64-byte frames, top speed';
  return {
    name: 'tx',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      { name: 'tx', work: `tx, the library: ${work}`, ours: library, theirs: ring, limit: 0.95 },
      { name: 'tx-inject', work: `tx, the command: ${work}`, ours: inject, theirs: ring, limit: 0.85 },
    ],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};
