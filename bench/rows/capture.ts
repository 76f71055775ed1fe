import { CapturingProgram } from '../capturing-program.js';
import type { Contest, Contestant, ContestMaker, Effort, Sample } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

const FRAME_BYTES = '64';

/** Frames a second, between which the search for the highest rate without a loss takes place. */
const RATE_LEAST = 25_000;
const RATE_MOST = 1_600_000;

/** Frames that are not measured, at a rate that every contestant manages: V8 compiles the code. */
const WARM_RATE = 100_000;
const WARM_FRAMES = 200_000;

/** Frames that the device's queue holds for rtap. tcpdump has a ring of 2 MiB instead. */
const QUEUE_FRAMES = 10_000;

interface Search {
  readonly seconds: number;
  readonly halvings: number;
}

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

/**
 * Returns the highest rate without a loss. It is the rate that was sent, which may be lower than the rate that was
 * asked for.
 */
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

/** Sends frames. Returns the seconds that it took. */
async function send({ namespace, sender, device }: Capture, rate: number, frames: number): Promise<number> {
  const said = await namespace.run(sender, device, FRAME_BYTES, String(rate), String(frames));
  return Number(said.split(' ')[1]);
}
