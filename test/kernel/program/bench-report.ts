import { readdirSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { run } from '../command.js';
import { ipLinks } from '../ip-link.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

/** The workspace of a test file about the bench: a process that loads this module is in it. */
export const workspace = enterWorkspace();
// The bench keeps its temporary files here. Another bench may run on this machine.
process.env.TMPDIR = workspace.directory;

/** One short round of each row. */
export const SHORT = ['--rounds', '1', '--duration', '20ms'];
/** The order of each row is checked over at least so many frames. */
export const ORDERED_FRAMES = 20_000;

export interface Row {
  readonly mode: string;
  readonly engine: string;
  readonly size?: number;
  readonly unsupported?: string;
  readonly framesPerSecond: { readonly median: number; readonly least: number; readonly most: number };
  readonly processorNanoseconds: { readonly median: number };
  readonly offered: number;
  readonly lost: number;
  readonly missed: number;
  readonly ordered: number;
  readonly outOfOrder: number;
  readonly trips: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

export interface Report {
  readonly interrupted: boolean;
  readonly kernel: string;
  readonly cores: number;
  readonly napi: boolean;
  readonly rows: readonly Row[];
}

export async function reportOf(t: ExecutionContext, ...words: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await run('bench', ...words, ...SHORT, '--json');
  t.is(code, 0, stderr);
  t.is(stderr, '');
  return JSON.parse(stdout) as Report;
}

export function benchFolders(): string[] {
  return readdirSync(workspace.directory).filter((name) => name.startsWith('rtap-bench-'));
}

export function assertNothingLeft(t: ExecutionContext): void {
  t.deepEqual(benchFolders(), []);
  t.deepEqual(runtimeEntries(workspace), []);
  t.deepEqual(
    ipLinks().filter(({ ifname }) => ifname.startsWith('bench')),
    [],
  );
}

export function assertRate(t: ExecutionContext, row: Row): void {
  t.true(row.framesPerSecond.median > 0, `${row.engine}: frames came`);
  t.true(row.framesPerSecond.least <= row.framesPerSecond.most);
  t.true(row.processorNanoseconds.median > 0, `${row.engine}: it took time`);
}

/** For every engine that keeps the order: no frame came behind a later one, and the kernel counted each lost frame as missed. */
export function assertFaultless(t: ExecutionContext, row: Row): void {
  t.true(row.ordered >= ORDERED_FRAMES, `${row.engine}: ${row.ordered} frames in order`);
  t.is(row.outOfOrder, 0, row.engine);
  t.is(row.lost, row.missed, `${row.engine}: what is lost the kernel has counted as missed`);
}
