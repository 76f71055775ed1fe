import { measureCapture, searchOf } from '../capture-search.js';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

/** Memory for frames: what sniff takes by default. KiB. */
const BUFFER_KIB = '16384';

/**
 * Searches the highest rate that is watched into a file without a loss, beside tcpdump on the same device: with the same memory
 * for frames, and as both are started by default.
 */
export const makeSniff: ContestMaker = async (workplace, effort): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const sender = await workplace.program('packet-sender');
  // A device needs a carrier: its queue is attached and not read, and drops the frames that it cannot hold.
  const seen = namespace.holdTap('seen0');
  const file = workplace.path('capture');
  const capture = (label: string, ...command: readonly [string, ...string[]]): Contestant => ({
    label,
    measure: () => measureCapture({ namespace, sender, device: 'seen0', command, search: searchOf(effort) }),
  });
  const tcpdump = ['tcpdump', '-Z', 'root', '-n', '-i', 'seen0', '-w', file] as const;
  const ours = capture('rtap sniff -w', workplace.rtap.command, 'sniff', 'seen0', '-w', file);
  const theirs = capture(`tcpdump -B ${BUFFER_KIB} -w`, ...tcpdump, '-B', BUFFER_KIB);
  const byDefault = capture('tcpdump -w', ...tcpdump);
  const work = 'watch a device, 64-byte frames into a file, highest rate without a loss';
  const programs = ['tcpdump'];
  return {
    name: 'sniff',
    unit: 'frames/s',
    lessIsBetter: false,
    rows: [
      { name: 'sniff', work: `${work}, the same memory`, ours, theirs: { ...theirs, programs }, limit: 1 },
      { name: 'sniff-default', work, ours, theirs: { ...byDefault, programs }, limit: 1.3 },
    ],
    [Symbol.asyncDispose]: async () => {
      seen[Symbol.dispose]();
      namespace[Symbol.dispose]();
    },
  };
};
