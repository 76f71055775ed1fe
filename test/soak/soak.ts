/**
 * Random commands on ten devices from eight processes, in private network namespaces: nothing may leak, and every
 * counter must be explained.
 *
 *   npm run soak -- [--minutes 10] [--seed NUMBER]
 *
 * Needs root. The seed repeats which commands are given, but not when.
 */
import { randomInt } from 'node:crypto';
import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { SoakRun } from './soak-run.js';

const SEED_MAX = 2 ** 28;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? randomInt(SEED_MAX) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed))
  throw new RangeError('cannot soak: --minutes and --seed are numbers');

const say = (line: string): void => console.error(`soak: ${line}`);
const stop = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});

// Other programs of this machine come first.
setPriority(10);
say(`${minutes} minutes, seed ${seed}`);
const run = await SoakRun.begin({ minutes, seed, say, stop });
let faults: readonly string[];
try {
  faults = await run.run();
} catch (error) {
  faults = [error instanceof Error ? String(error.stack) : String(error)];
}
const { ledger } = run;
for (const line of ledger.outcomes) say(line);
say(`${ledger.commands} commands, ${ledger.frames} frames, seed ${seed}`);
if (faults.length > 0) {
  say('the last commands:');
  for (const line of ledger.last) say(line);
  for (const fault of faults) say(`fault: ${fault}`);
}
say(faults.length === 0 ? 'nothing is left, and every counter is explained' : `failed, seed ${seed}`);
process.exit(faults.length === 0 ? 0 : 1);
