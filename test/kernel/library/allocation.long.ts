import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { allocatedBeside, readHeapTrace } from '../../../bench/heap-trace.js';
import { COMPILER_FLAG } from '../../compiler-flag.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace } from '../workspace.js';

const { directory } = enterWorkspace();

const LOOPS = fileURLToPath(new URL('../../../bench/subjects/frame-loops.ts', import.meta.url));
const FRAMES = 1_000_000;
/** The trace has a resolution of 0.1 MB, and V8 still compiles some code. A view of each frame would cost 190 bytes. */
const FRAME_BYTES_MAX = 0.5;

for (const [kind, what] of [
  ['tx', 'sent'],
  ['rx', 'received'],
  ['views', 'looked at'],
  ['fwd', 'forwarded'],
] as const) {
  test.serial(`nothing is allocated for a frame that is ${what}`, async (t) => {
    const flags = [COMPILER_FLAG, '--expose-gc', '--trace-gc'];
    const loops = new RunningProcess(process.execPath, [...flags, LOOPS, kind, String(FRAMES)]);
    const { code, stdout, stderr } = await loops.ended();
    t.is(code, 0, stderr);
    const { allocatedBytes, collections, grownBytes } = readHeapTrace(stdout);
    t.log(`${Math.round(allocatedBytes)} bytes for ${FRAMES} frames, ${collections} collections`);
    t.true(allocatedBytes / FRAMES < FRAME_BYTES_MAX, stdout);
    t.true(grownBytes / FRAMES < FRAME_BYTES_MAX, stdout);
    t.is(collections, 0, stdout);
  });
}

/**
 * The time that is read for every 128th frame costs 16 bytes, and a turn of the event loop every 20 ms costs 1.5 KB, so a slow machine
 * allocates more. A number of each frame would cost 12 bytes, a view of each frame 190.
 */
const INJECTED_BYTES_MAX = 4;

for (const [kind, what] of [
  ['inject', 'stamped and injected into two queues'],
  ['threads', 'stamped and injected into two queues by two threads'],
  ['file', 'read from a capture and injected into two queues'],
] as const) {
  test.serial(`nothing is allocated for a frame that is ${what}`, async (t) => {
    const flags = [COMPILER_FLAG, '--expose-gc', '--trace-gc'];
    const words = [LOOPS, kind, String(FRAMES), join(directory, 'frames.pcap')];
    const loops = new RunningProcess(process.execPath, [...flags, ...words]);
    const { code, stdout, stderr } = await loops.ended();
    t.is(code, 0, stderr);
    const { allocatedBytes, grownBytes } = readHeapTrace(stdout);
    t.log(`${Math.round(allocatedBytes)} bytes for ${FRAMES} frames`);
    t.true(allocatedBytes / FRAMES < INJECTED_BYTES_MAX, stdout);
    t.true(grownBytes / FRAMES < FRAME_BYTES_MAX, stdout);
    t.true(allocatedBeside(stdout) / FRAMES < INJECTED_BYTES_MAX, stdout);
  });
}
