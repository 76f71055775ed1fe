import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { readLoopSample } from '../loop-sample.js';
import { PrivateNamespace } from '../private-namespace.js';

const WORK = 'rx, 64-byte frames that an AF_PACKET socket offers, one queue';
const DEVICE = 'bench0';
const BURST = '128';
const FRAME_BYTES = '64';

/** On one core the two programs would wait for each other. */
const SENDER_CORE = '0';
const READER_CORE = '1';

/** Measures frames out of the kernel, beside loops in C, while an AF_PACKET socket sends as fast as it can. */
export const makeRx: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE);
  const seconds = quick ? '1' : '2';
  const sender = await workplace.program('packet-sender');
  const reader = await workplace.program('ring-reader');
  const loop = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: () => measureReader(namespace, sender, command),
  });
  const receiveLoop = workplace.rtap.subject('receive-loop');
  const ours = loop(`rtap, bursts of ${BURST}`, process.execPath, receiveLoop, DEVICE, BURST, seconds);
  const bursts = loop('the same bursts through liburing in C', reader, DEVICE, BURST, seconds);
  const posted = loop('64 posted reads through liburing in C', reader, DEVICE, 'posted', seconds);
  return {
    name: 'rx',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      { name: 'rx-liburing', work: WORK, ours, theirs: bursts, limit: 0.95 },
      { name: 'rx-posted', work: WORK, ours, theirs: posted, limit: 1.1 },
    ],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

async function measureReader(
  namespace: PrivateNamespace,
  sender: string,
  command: readonly [string, ...string[]],
): Promise<Sample> {
  // A queue of a process that has ended would still take frames.
  await namespace.untilIdle(DEVICE);
  await using reading = namespace.start('taskset', '-c', READER_CORE, ...command);
  await reading.said(/ready/g);
  await namespace.untilRunning(DEVICE);
  const flood = [sender, DEVICE, FRAME_BYTES, 'flood'];
  await using _flood = namespace.start('taskset', '-c', SENDER_CORE, ...flood);
  reading.writeLine();
  return readLoopSample(await reading.succeed());
}
