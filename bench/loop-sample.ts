import type { Sample } from './contest.js';

/**
 * Reads the last line that a loop prints: frames, seconds, seconds of processor time. Throws an Error if it is
 * something else.
 */
export function readLoopSample(stdout: string): Sample {
  const line = stdout.trimEnd().split('\n').at(-1)!;
  const [frames = Number.NaN, seconds = Number.NaN, processorSeconds = Number.NaN] = line
    .split(' ')
    .map(Number);
  if (!(frames > 0 && seconds > 0 && processorSeconds >= 0))
    throw new Error(`"${line}" is not what a loop says`);
  return { value: frames / seconds, frameMicroseconds: (processorSeconds / frames) * 1e6 };
}
