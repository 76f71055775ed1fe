import { CapturingProgram } from '../capturing-program.js';
import type { Contest, Contestant, ContestMaker, Effort, Sample } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

const FRAME_BYTES = '64';

/** Frames a second, where the search for the highest rate without a loss begins and ends. */
const RATE_LEAST = 25_000;
const RATE_MOST = 1_600_000;

/** A first stretch that is not measured, at a rate that everybody manages: code gets compiled. */
const WARM_RATE = 100_000;
const WARM_FRAMES = 200_000;

/** What a capture is told to keep in wait: rtap's room is the queue of its device, tcpdump's is a ring of 2 MiB. */
const QUEUE_FRAMES = 10_000;

interface Search {
  readonly seconds: number;
  readonly halvings: number;
}

/**
 * The highest rate that comes through into a file without a loss, beside tcpdump.
 *
 * Each captures on a device of its own, which are alike: what waits for tcpdump waits in its ring, while nobody reads
 * the queue of its device; what waits for rtap waits there, in a queue of about the same memory.
 */
export const makeCapture: ContestMaker = async (workplace, effort): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const sender = await workplace.program('packet-sender');
  namespace.makeTap('bench0', { txqueuelen: QUEUE_FRAMES });
  // What tcpdump sees needs a carrier: a queue that nobody reads, and that drops what it cannot hold.
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

function searchOf({ quick }: Effort): Search {
  return quick ? { seconds: 0.5, halvings: 4 } : { seconds: 0.7, halvings: 7 };
}

interface Capture {
  readonly namespace: PrivateNamespace;
  readonly sender: string;
  readonly device: string;
  readonly command: readonly [string, ...string[]];
  readonly search: Search;
}

async function measureCapture(capture: Capture): Promise<Sample> {
  await using capturing = await CapturingProgram.follow(capture.namespace.start(...capture.command));
  await capture.namespace.untilRunning(capture.device);
  const processorStart = capturing.processorSeconds();
  await send(capture, WARM_RATE, WARM_FRAMES);
  const warmed = await capturing.count(WARM_FRAMES);
  const spent = capturing.processorSeconds() - processorStart;
  return { value: await findRate(capture, capturing, warmed), frameMicroseconds: (spent / warmed) * 1e6 };
}

/** The highest rate at which nothing was lost: what was sent, which may be less than what was asked for. */
async function findRate(capture: Capture, capturing: CapturingProgram, warmed: number): Promise<number> {
  const { seconds, halvings } = capture.search;
  let [low, high, best, seen] = [RATE_LEAST, RATE_MOST, 0, warmed];
  for (let step = 0; step < halvings; step++) {
    const rate = Math.sqrt(low * high);
    const frames = Math.round(rate * seconds);
    const took = await send(capture, rate, frames);
    const now = await capturing.count(seen + frames);
    if (now - seen < frames) high = rate;
    else {
      low = rate;
      best = Math.max(best, frames / took);
    }
    seen = now;
  }
  return best === 0 ? RATE_LEAST : best;
}

/** Returns the seconds that it took. */
async function send({ namespace, sender, device }: Capture, rate: number, frames: number): Promise<number> {
  const said = await namespace.run(sender, device, FRAME_BYTES, String(rate), String(frames));
  return Number(said.split(' ')[1]);
}
