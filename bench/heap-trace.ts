/** What a stretch of a program cost the garbage collector. */
export interface HeapCost {
  /** On V8's heap, of which it tells tenths of a megabyte. */
  readonly allocatedBytes: number;
  /** How often it was collected meanwhile, unasked. */
  readonly collections: number;
  /** How much more lives at the end. */
  readonly grownBytes: number;
}

const MEGABYTE = 1024 * 1024;
/** A line of `--trace-gc`: process and isolate, what was done, megabytes used before and after, and why. */
const LINE = /^\[(\d+:0x[0-9a-f]+)\] .*? (\d+\.\d) \(\d+\.\d\) -> (\d+\.\d) \(\d+\.\d\) MB.*$/gm;
/** Why, where the program called gc(). */
const ASKED = /\btesting\b/;

/**
 * What `node --trace-gc --expose-gc` tells of a program that calls gc() twice, of what lies between these calls. What was
 * allocated is what the heap held at each collection, less what the one before had left. Throws where it did not.
 */
export function readHeapTrace(trace: string): HeapCost {
  const lines = [...trace.matchAll(LINE)];
  const first = lines.findIndex(([line]) => ASKED.test(line));
  // Other threads have heaps of their own, in which nobody calls gc().
  const own = lines.slice(first).filter(([, source]) => source === lines[first]?.[1]);
  // One call may have two lines: it ends what was begun, and does its own.
  if (own.filter(([line]) => ASKED.test(line)).length < 2)
    throw new Error(`gc() was not called twice:\n${trace}`);
  const lefts = own.map(([, , , after]) => Number(after));
  const allocated = own.reduce(
    (sum, [, , before], at) => sum + (at === 0 ? 0 : Number(before) - lefts[at - 1]!),
    0,
  );
  return {
    allocatedBytes: allocated * MEGABYTE,
    collections: own.filter(([line]) => !ASKED.test(line)).length,
    grownBytes: (lefts.at(-1)! - lefts[0]!) * MEGABYTE,
  };
}
