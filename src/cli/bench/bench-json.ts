import type { BenchOptions } from './bench-arguments.js';
import type { BenchMachine } from './bench-machine.js';
import { type BenchRow, countsOf, ratesOf, tripsOf } from './bench-row.js';

/** Returns the document that `rtap bench --json` prints. */
export function benchJson(
  machine: BenchMachine,
  options: BenchOptions,
  { rows, interrupted }: { readonly rows: readonly BenchRow[]; readonly interrupted: boolean },
) {
  const { queueCount, threadCount, napi, durationMs, rounds } = options;
  return {
    ...machine,
    queues: queueCount,
    threads: threadCount,
    napi,
    durationMs,
    rounds,
    interrupted,
    rows: rows.map(rowJson),
  };
}

function rowJson(row: BenchRow): Readonly<Record<string, unknown>> {
  const { mode, engine, frameBytes, pauseMs } = row.bench;
  const head = {
    mode,
    engine,
    ...(frameBytes === undefined ? {} : { size: frameBytes }),
    ...(pauseMs === undefined ? {} : { pauseMs }),
  };
  if (row.samples.length === 0) return { ...head, unsupported: row.unsupported ?? null };
  if (mode === 'latency') return { ...head, ...tripsOf(row) };
  return { ...head, ...ratesOf(row), ...knownCounts(row) };
}

/** The counts of a row. For a TCP connection nothing counts what was offered. */
function knownCounts(row: BenchRow) {
  const counts = countsOf(row);
  return counts.offered === 0 ? { ...counts, offered: null, lost: null, refused: null } : counts;
}
