import { CapturingProgram } from '../capturing-program.js';
import type { Contest, Contestant, ContestMaker, Sample } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

const DEVICE = 'bench0';
const BURST = '128';
const FRAME_BYTES = '64';
/** V8 compiles the code meanwhile. */
const WARM_MS = 1000;

/** On one core the two programs would wait for each other. */
const SENDER_CORE = '0';
const READER_CORE = '1';

/**
 * Measures frames that are captured into a file while an AF_PACKET socket sends as fast as it can, beside a program in C that reads
 * the same queue with the same bursts and writes pcap. rx-dump writes pcapng, with the queue, the direction and the virtio-net header
 * of each frame.
 */
export const makeCapture: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  namespace.makeTap(DEVICE);
  const milliseconds = quick ? 1000 : 2000;
  const sender = await workplace.program('packet-sender');
  const twin = await workplace.program('capture-twin');
  const file = workplace.path('capture');
  const capture = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: () => measureFlood(namespace, sender, command, milliseconds),
  });
  const ours = capture('rtap rx-dump -w', workplace.rtap.command, 'rx-dump', DEVICE, '-w', file);
  const theirs = capture('the same bursts in C, written as pcap', twin, DEVICE, BURST, file);
  const work = 'rx-dump -w: capture of 64-byte frames into a file, one queue, top speed';
  return {
    name: 'capture',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [{ name: 'capture', work, ours, theirs, limit: 0.9 }],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

async function measureFlood(
  namespace: PrivateNamespace,
  sender: string,
  command: readonly string[],
  milliseconds: number,
): Promise<Sample> {
  // A queue of a process that has ended would still take frames.
  await namespace.untilIdle(DEVICE);
  const started = namespace.start('taskset', '-c', READER_CORE, ...command);
  await using capturing = await CapturingProgram.follow(started);
  await namespace.untilRunning(DEVICE);
  const flood = [sender, DEVICE, FRAME_BYTES, 'flood'];
  await using _flood = namespace.start('taskset', '-c', SENDER_CORE, ...flood);
  await sleep(WARM_MS);
  const before = await capturing.count(0);
  const start = performance.now();
  const processorStart = capturing.processorSeconds();
  await sleep(milliseconds);
  const frames = (await capturing.count(before + 1)) - before;
  const seconds = (performance.now() - start) / 1000;
  const processorSeconds = capturing.processorSeconds() - processorStart;
  return { value: frames / seconds, frameMicroseconds: (processorSeconds / frames) * 1e6 };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
