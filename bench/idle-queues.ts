/**
 * Measures what idle queues cost: processor time for each frame if one of 1, 16 and 128 queues has frames, in a
 * ReceiveLoop (which also sends as many) and in a thread of a forwarder.
 *
 *   node --import=./build/typescript.mjs bench/idle-queues.ts [ROUNDS]
 *
 * Processes take turns, 7 rounds by default. Prints medians, and their ratio to one queue. Needs root.
 */
import { medianOf } from './medians.js';
import { runProgram } from './running-program.js';
import { Workplace } from './workplace.js';

const ROUNDS = 7;
const FRAMES = 300_000;
const QUEUES = [1, 16, 128];

async function measureInTurns(loops: string, kind: string, rounds: number): Promise<number[][]> {
  const costs: number[][] = QUEUES.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [at, queues] of QUEUES.entries()) {
      const said = await runProgram(process.execPath, loops, kind, String(queues), String(FRAMES));
      costs[at]!.push(Number(said));
    }
  return costs;
}

const rounds = Number(process.argv[2] ?? ROUNDS);
using workplace = await Workplace.prepare();
const loops = workplace.rtap.subject('queue-loops');
console.log('loop  queues  ns a frame, median (least, most)  ratio to 1');
for (const kind of ['rx', 'fwd']) {
  const costs = await measureInTurns(loops, kind, rounds);
  const one = medianOf(costs[0]!);
  for (const [at, queues] of QUEUES.entries()) {
    const own = costs[at]!;
    const figures = `${medianOf(own)} (${Math.min(...own)}, ${Math.max(...own)})`;
    const ratio = (medianOf(own) / one).toFixed(2);
    console.log(`${kind.padEnd(4)}  ${String(queues).padStart(6)}  ${figures.padEnd(32)}  ${ratio}`);
  }
}
