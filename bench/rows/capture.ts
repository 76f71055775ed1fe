import { measureCapture, searchOf } from '../capture-search.js';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

/** Frames that the device's queue holds for rtap. tcpdump has a ring of 2 MiB instead. */
const QUEUE_FRAMES = 10_000;

/**
 * Searches the highest rate that is captured into a file without a loss, beside tcpdump.
 *
 * Each program captures on a device of its own. Frames wait for tcpdump in its ring, and the queue of its device is
 * not read. Frames wait for rtap in the queue, which takes about the same memory.
 */
export const makeCapture: ContestMaker = async (workplace, effort): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const sender = await workplace.program('packet-sender');
  namespace.makeTap('bench0', { txqueuelen: QUEUE_FRAMES });
  // tcpdump's device needs a carrier: its queue is attached and not read, and drops the frames that it cannot hold.
  const seen = namespace.holdTap('seen0');
  const file = workplace.path('capture');
  const capture = (
    label: string,
    device: string,
    ...command: readonly [string, ...string[]]
  ): Contestant => ({
    label,
    measure: () => measureCapture({ namespace, sender, device, command, search: searchOf(effort) }),
  });
  const rxDump = [workplace.rtap.command, 'rx-dump', 'bench0', '-w', file] as const;
  const tcpdump = ['tcpdump', '-Z', 'root', '-n', '-i', 'seen0', '-w', file] as const;
  const ours = capture('rtap rx-dump -w', 'bench0', ...rxDump);
  const theirs = { ...capture('tcpdump -w', 'seen0', ...tcpdump), programs: ['tcpdump'] };
  const work = 'capture of 64-byte frames into a file, highest rate without a loss';
  return {
    name: 'capture',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [{ name: 'capture', work, ours, theirs, limit: 1 }],
    [Symbol.asyncDispose]: async () => {
      seen[Symbol.dispose]();
      namespace[Symbol.dispose]();
    },
  };
};
