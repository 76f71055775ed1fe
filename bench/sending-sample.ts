import { setTimeout as pause } from 'node:timers/promises';
import type { Sample } from './contest.js';
import type { PrivateNamespace } from './private-namespace.js';
import { processorSecondsOf } from './processor-time.js';

/** A program that sends frames until it is ended, and the device that the kernel receives them from. */
export interface Sending {
  readonly namespace: PrivateNamespace;
  readonly device: string;
  readonly command: readonly [string, ...string[]];
  readonly seconds: number;
}

/** How long a program sends before it is measured: V8 has compiled its code then. */
const SETTLING_MS = 700;

/** Starts the program, and measures its processor time and how many frames the kernel receives in some seconds. */
export async function measureSending({ namespace, device, command, seconds }: Sending): Promise<Sample> {
  await using program = namespace.start(...command);
  const look = () => {
    program.assertRunning();
    return {
      frames: namespace.framesReceived(device),
      ms: performance.now(),
      processor: processorSecondsOf(program.pid),
    };
  };
  const { frames: before } = look();
  while (look().frames === before) await pause(1);
  await pause(SETTLING_MS);
  const start = look();
  await pause(seconds * 1000);
  const end = look();
  const frames = end.frames - start.frames;
  return {
    value: frames / ((end.ms - start.ms) / 1000),
    frameMicroseconds: ((end.processor - start.processor) / frames) * 1e6,
  };
}
