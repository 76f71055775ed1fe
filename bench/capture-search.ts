import { CapturingProgram } from './capturing-program.js';
import type { Effort, Sample } from './contest.js';
import type { PrivateNamespace } from './private-namespace.js';

const FRAME_BYTES = '64';

/** Frames a second, between which the search for the highest rate without a loss takes place. */
const RATE_LEAST = 25_000;
const RATE_MOST = 1_600_000;

/** Frames that are not measured, at a rate that every contestant manages: V8 compiles the code. */
const WARM_RATE = 100_000;
const WARM_FRAMES = 200_000;

/** Frames over which processor time is measured. Their time is many ticks of 10 ms. */
const EASY_RATE = 200_000;
const EASY_FRAMES = 600_000;

/** How long each rate is tried, and how often the span of rates is halved. */
export interface Search {
  readonly seconds: number;
  readonly halvings: number;
}

/** How long to search. */
export function searchOf({ quick }: Effort): Search {
  return quick ? { seconds: 0.5, halvings: 4 } : { seconds: 0.7, halvings: 7 };
}

/** What to measure: a program that captures the frames of a device. */
export interface Capture {
  readonly namespace: PrivateNamespace;
  readonly sender: string;
  readonly device: string;
  readonly command: readonly [string, ...string[]];
  readonly search: Search;
}

/** Returns the highest rate at which `capture` loses no frame, and its processor time a frame at an easy rate. */
export async function measureCapture(capture: Capture): Promise<Sample> {
  await using capturing = await CapturingProgram.follow(capture.namespace.start(...capture.command));
  await capture.namespace.untilRunning(capture.device);
  await send(capture, WARM_RATE, WARM_FRAMES);
  const warmed = await capturing.count(WARM_FRAMES);
  const processorStart = capturing.processorSeconds();
  await send(capture, EASY_RATE, EASY_FRAMES);
  const seen = await capturing.count(warmed + EASY_FRAMES);
  const spent = capturing.processorSeconds() - processorStart;
  const frameMicroseconds = (spent / (seen - warmed)) * 1e6;
  return { value: await findRate(capture, capturing, seen), frameMicroseconds };
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
