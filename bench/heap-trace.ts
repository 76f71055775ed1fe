/** What a part of a program cost the garbage collector. */
export interface HeapCost {
  /** Bytes allocated on V8's heap. V8 prints tenths of a megabyte. */
  readonly allocatedBytes: number;
  /** Collections that the program did not ask for. */
  readonly collections: number;
  /** How much more is alive at the end. */
  readonly grownBytes: number;
}

const MEGABYTE = 1024 * 1024;
/**
 * A line of `--trace-gc`: process and isolate, kind of collection, megabytes used before and after, and the reason.
 */
const LINE = /^\[(\d+:0x[0-9a-f]+)\] .*? (\d+\.\d) \(\d+\.\d\) -> (\d+\.\d) \(\d+\.\d\) MB.*$/gm;
/** The reason if the program called gc(). */
const ASKED = /\btesting\b/;

/**
 * Reads the output of `node --trace-gc --expose-gc` for a program that calls gc() twice. Returns what happened
 * between these calls. The allocated bytes are what the heap held before each collection, less what the collection
 * before had left. Throws an Error if gc() was not called twice.
 */
export function readHeapTrace(trace: string): HeapCost {
  const lines = [...trace.matchAll(LINE)];
  const first = lines.findIndex(([line]) => ASKED.test(line));
  // Other threads have heaps of their own, in which gc() is not called.
  const own = lines.slice(first).filter(([, source]) => source === lines[first]?.[1]);
  // One call may print two lines: it ends a collection that had begun, then does its own.
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

/**
 * Bytes that other heaps than that in which gc() was called allocated between its calls, as far as collections show it: what
 * came after the last collection of a heap is not in it.
 */
export function allocatedBeside(trace: string): number {
  const lines = [...trace.matchAll(LINE)];
  const isAsked = (line: RegExpMatchArray) => ASKED.test(line[0]);
  const first = lines.findIndex(isAsked);
  const last = lines.findLastIndex(isAsked);
  const lefts = new Map<string, number>();
  let allocated = 0;
  for (const [at, [, source = '', before, after]] of lines.entries()) {
    if (at > first && at < last && source !== lines[first]?.[1])
      allocated += Number(before) - (lefts.get(source) ?? Number(before));
    lefts.set(source, Number(after));
  }
  return allocated * MEGABYTE;
}
