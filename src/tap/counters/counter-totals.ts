import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemError } from '../../sys/errno.js';
import { replaceFile } from '../state/file-replacement.js';
import { readForeignText } from '../state/foreign-file.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { isBeingWritten, isCounterFileName, isFinished, readCounterFile } from './counter-file-reader.js';
import type { CounterHeader } from './counter-layout.js';
import { tryFoldLock } from './fold-lock.js';
import { addCounts, completeCounts, emptyCounts, presentCounts, type QueueCounts } from './queue-counts.js';

/** Sums of the counter files whose writers have ended. Such files are folded into it, one after the other. */
const FOLDED_FILE = 'folded.json';
/** What was counted when `stats --reset` was last called. */
const BASE_FILE = 'base.json';
/** A fold can overtake a reader, which then reads again. Folds are rare: a process has to end for each. */
const READ_ATTEMPTS_MAX = 100;

/**
 * Most files of a folder that are read. A device has 256 queues at most, and files of processes that ended are folded.
 */
const COUNTER_FILES_MAX = 1024;

/** A process that counts now. */
export type CountingProcess = Pick<CounterHeader, 'pid' | 'role'>;

/** What FOLDED_FILE holds. */
interface Folded {
  readonly queues: QueueCounts[];
  /** Names of the files that are in the sums, as long as these exist. */
  readonly writers: readonly string[];
}

/** Counts of the moment of a reset, from which counting began anew. */
export interface CounterBase {
  /** ISO 8601. */
  readonly since: string;
  readonly queues: readonly Partial<QueueCounts>[];
  /** The kernel's counters at that time, by names such as `rx.packets`. */
  readonly kernel: Readonly<Record<string, number>>;
}

/**
 * Everything that processes ever counted in the device folder `directory`, queue by queue, whether they still run or
 * not.
 */
export function readCounterTotals(directory: string): QueueCounts[] {
  for (let attempt = 1; ; attempt++) {
    const text = readFoldedText(directory);
    const { queues, writers } = parseFolded(text);
    for (const name of writerNames(directory)) {
      if (!writers.includes(name)) addWriter(queues, join(directory, name));
    }
    if (readFoldedText(directory) === text) return queues;
    if (attempt === READ_ATTEMPTS_MAX)
      throw systemError({ action: 'read', object: directory, code: 'EAGAIN', syscall: 'read' });
  }
}

/** The processes that count in the device folder `directory` now: they have locked their counter files. */
export function readCounterWriters(directory: string): CountingProcess[] {
  const processes: CountingProcess[] = [];
  for (const name of writerNames(directory)) {
    const path = join(directory, name);
    const file = readCounterFile(path);
    if (file !== undefined && !isFinished(path)) processes.push({ pid: file.pid, role: file.role });
  }
  return processes;
}

/** Whether a process counts in the device folder `directory` now. The device may be in another network namespace. */
export function isCountedIn(directory: string): boolean {
  return writerNames(directory).some((name) => isBeingWritten(join(directory, name)));
}

/**
 * Adds the counts of writers that have ended to the sums in the folder, and removes their files. Does nothing while
 * another process does the same, or if this user may not: the files stay, and readers add them up.
 */
export function foldFinishedWriters(directory: string): void {
  try {
    using lock = tryFoldLock(directory);
    if (lock !== undefined) fold(directory);
  } catch {
    // Another process may be able to.
  }
}

function fold(directory: string): void {
  const { queues, writers } = parseFolded(readFoldedText(directory));
  const present = writerNames(directory);
  // A file that cannot be read may be a later release's. It stays, and is not counted, until a process can read it.
  const finished = present.filter((name) => isFoldable(join(directory, name)));
  if (finished.length === 0) return;
  for (const name of finished) {
    if (!writers.includes(name)) addWriter(queues, join(directory, name));
  }
  // A process died after it had added these up and before it removed them. They stay listed until they are removed.
  const leftovers = writers.filter((name) => present.includes(name) && !finished.includes(name));
  // From here on readers find these files in the sums, and skip them.
  replaceFile(join(directory, FOLDED_FILE), {
    queues: queues.map(presentCounts),
    writers: [...finished, ...leftovers],
  });
  for (const name of finished) rmSync(join(directory, name), { force: true });
}

function isFoldable(path: string): boolean {
  return isFinished(path) && readCounterFile(path) !== undefined;
}

/** Stores sums of `queues` and counters of the kernel, so that `readCounterBase` returns them to be subtracted. */
export function writeCounterBase(
  directory: string,
  queues: readonly QueueCounts[],
  kernel: Readonly<Record<string, number>>,
): void {
  const base: CounterBase = { since: new Date().toISOString(), queues: queues.map(presentCounts), kernel };
  replaceFile(join(directory, BASE_FILE), base);
}

/** Reads what the last `writeCounterBase` stored. Undefined when there was none. */
export function readCounterBase(directory: string): CounterBase | undefined {
  const value = parseObject(readForeignText(join(directory, BASE_FILE)));
  const { since } = value;
  if (typeof since !== 'string') return undefined;
  return { since, queues: queueCountsIn(value), kernel: numbersIn(value.kernel) };
}

function addWriter(totals: QueueCounts[], path: string): void {
  const file = readCounterFile(path);
  for (const [number, counts] of (file?.queues ?? []).entries()) {
    totals[number] ??= emptyCounts();
    addCounts(totals[number]!, counts);
  }
}

/**
 * The names of the counter files in the folder. Beyond COUNTER_FILES_MAX, files of the folder's owner and of root come
 * first, and the rest is left out: who may write the folder can put any number of files there.
 */
function writerNames(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter(isCounterFileName);
    return names.length <= COUNTER_FILES_MAX ? names : preferredNames(directory, names);
  } catch {
    return [];
  }
}

function preferredNames(directory: string, names: readonly string[]): string[] {
  const owner = lstatSync(directory).uid;
  const rank = (name: string): number => {
    const uid = lstatSync(join(directory, name), { throwIfNoEntry: false })?.uid;
    return uid === 0 ? 0 : uid === owner ? 1 : 2;
  };
  const ranked = names.map((name) => ({ name, rank: rank(name) }));
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, COUNTER_FILES_MAX).map(({ name }) => name);
}

function readFoldedText(directory: string): string {
  return readForeignText(join(directory, FOLDED_FILE));
}

function parseFolded(text: string): Folded {
  const value = parseObject(text);
  return { queues: queueCountsIn(value), writers: stringsIn(value.writers) };
}

/** The object in a JSON text, or an empty one. Other users may have written it: its members are to be checked. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function queueCountsIn(value: Readonly<Record<string, unknown>>): QueueCounts[] {
  const { queues } = value;
  if (!Array.isArray(queues)) return [];
  return queues.slice(0, KERNEL_QUEUES_MAX).map((queue: unknown) => completeCounts(numbersIn(queue)));
}

function numbersIn(value: unknown): Record<string, number> {
  const entries = Object.entries(asObject(value));
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => isCount(entry[1])));
}

/** Sums and the kernel's counters may be beyond 2^53, where a number is not exact any more. */
function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 2 ** 64;
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item: unknown) => typeof item === 'string') : [];
}
