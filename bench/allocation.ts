/**
 * Measures what a frame costs V8's heap when it is sent, received, examined and forwarded: bytes, from --trace-gc.
 *
 *   node --import=./build/typescript.mjs bench/allocation.ts [FRAMES]
 *
 * Measures FRAMES frames of each kind, 4,000,000 by default. Needs root.
 */
import { readHeapTrace } from './heap-trace.js';
import { runProgram } from './running-program.js';
import { Workplace } from './workplace.js';

const FRAMES = 4_000_000;
const KINDS = [
  ['tx', 'sent'],
  ['rx', 'received (and sent)'],
  ['views', 'received and looked at by frame() and facts()'],
  ['fwd', 'forwarded'],
] as const;

const frames = Number(process.argv[2] ?? FRAMES);
using workplace = await Workplace.prepare();
const loops = workplace.rtap.subject('frame-loops');
console.log('frames    bytes a frame  collections  heap grown by');
for (const [kind, what] of KINDS) {
  const words = ['--expose-gc', '--trace-gc', loops, kind, String(frames)];
  const { allocatedBytes, collections, grownBytes } = readHeapTrace(
    await runProgram(process.execPath, ...words),
  );
  const perFrame = (allocatedBytes / frames).toFixed(2);
  console.log(
    `${frames}  ${perFrame.padStart(13)}  ${String(collections).padStart(11)}  ${Math.round(grownBytes)} bytes: ${what}`,
  );
}
