import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Descriptor, O_RDONLY } from '../../sys/descriptor.js';
import { systemError } from '../../sys/errno.js';
import { tryLock } from '../../sys/file-lock.js';
import { readForeignText } from '../state/foreign-file.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { replaceFile } from '../state/whole-file.js';
import { isBeingWritten, isCounterFileName, isFinished, readCounterFile } from './counter-file-reader.js';
import { addCounts, emptyCounts, presentCounts, type QueueCounts } from './counter-table.js';

const FOLDED_FILE = 'folded.json';
const BASE_FILE = 'base.json';
/** A fold can overtake a reader, who then reads again. Folds are rare: a process has to end for each. */
const READ_ATTEMPTS_MAX = 100;

/** A process that counts now. */
export interface CounterWriterFacts {
  readonly pid: number;
  /** ROLE_* of counter-layout. */
  readonly role: number;
}

/** Sums of writers that are gone, and which files are already in them. */
interface Folded {
  readonly queues: readonly Partial<QueueCounts>[];
  readonly writers: readonly string[];
}

/** Where `--reset` began to count anew. */
export interface CounterBase {
  /** ISO 8601. */
  readonly since: string;
  readonly queues: readonly Partial<QueueCounts>[];
  /** The kernel's counters at that time, under the names of its own. */
  readonly kernel: Readonly<Record<string, number>>;
}

/** Everything that rtap ever counted of the device with this folder, per queue, by processes alive or gone. */
export function readCounterTotals(directory: string): QueueCounts[] {
  for (let attempt = 1; ; attempt++) {
    const before = readFolded(directory);
    const totals = before.queues.map((queue) => sumOf(queue));
    for (const name of writerNames(directory)) {
      if (!before.writers.includes(name)) addWriter(totals, join(directory, name));
    }
    const after = readFolded(directory);
    if (JSON.stringify(after) === JSON.stringify(before)) return totals;
    if (attempt === READ_ATTEMPTS_MAX)
      throw systemError({ action: 'read', object: directory, code: 'EAGAIN', syscall: 'read' });
  }
}

/** The processes whose counter files are locked: those that count now. */
export function readCounterWriters(directory: string): CounterWriterFacts[] {
  const facts: CounterWriterFacts[] = [];
  for (const name of writerNames(directory)) {
    const path = join(directory, name);
    const file = readCounterFile(path);
    if (file !== undefined && !isFinished(path)) facts.push({ pid: file.pid, role: file.role });
  }
  return facts;
}

/** Whether a process counts in the folder `directory` now, be its device here or elsewhere. */
export function isCountedIn(directory: string): boolean {
  return writerNames(directory).some((name) => isBeingWritten(join(directory, name)));
}

/**
 * Adds the counts of writers that are gone to the sums, and removes their files. Where another process is at it,
 * or this user may not, nothing is done: the files stay and count all the same.
 */
export function foldFinishedWriters(directory: string): void {
  try {
    using lock = Descriptor.open(directory, O_RDONLY);
    if (tryLock(lock.fd, directory)) fold(directory);
  } catch {
    // Left for a process that may: a reader adds the files up meanwhile.
  }
}

function fold(directory: string): void {
  const folded = readFolded(directory);
  const queues = folded.queues.map((queue) => sumOf(queue));
  const present = writerNames(directory);
  // What cannot be read may be a later rtap's: it stays, uncounted, for one that can.
  const finished = present.filter((name) => isFoldable(join(directory, name)));
  if (finished.length === 0) return;
  for (const name of finished) {
    if (!folded.writers.includes(name)) addWriter(queues, join(directory, name));
  }
  // One that was added up and not removed, by a process that died in between, stays among them until it is removed.
  const leftovers = folded.writers.filter((name) => present.includes(name) && !finished.includes(name));
  // From here on readers find these files in the sums, and pass over them.
  replaceFile(join(directory, FOLDED_FILE), {
    queues: queues.map(presentCounts),
    writers: [...finished, ...leftovers],
  } satisfies Folded);
  for (const name of finished) rmSync(join(directory, name), { force: true });
}

function isFoldable(path: string): boolean {
  return isFinished(path) && readCounterFile(path) !== undefined;
}

/** Counts from now on: remembers the present sums, which `readCounterBase` gives back to be taken away. */
export function writeCounterBase(directory: string, kernel: Readonly<Record<string, number>>): void {
  const queues = readCounterTotals(directory).map(presentCounts);
  const base: CounterBase = { since: new Date().toISOString(), queues, kernel };
  replaceFile(join(directory, BASE_FILE), base);
}

export function readCounterBase(directory: string): CounterBase | undefined {
  const value = readObject(join(directory, BASE_FILE));
  const { since } = value;
  if (typeof since !== 'string') return undefined;
  return { since, queues: queueCountsIn(value), kernel: numbersIn(value.kernel) };
}

/** A copy of `counts` in which no counter is missing: an older rtap may have written fewer. */
export function sumOf(counts: Readonly<Partial<QueueCounts>>): QueueCounts {
  const sum = emptyCounts();
  addCounts(sum, counts);
  return sum;
}

function addWriter(totals: QueueCounts[], path: string): void {
  const file = readCounterFile(path);
  for (const [number, counts] of (file?.queues ?? []).entries()) {
    totals[number] ??= emptyCounts();
    addCounts(totals[number]!, counts);
  }
}

function writerNames(directory: string): string[] {
  try {
    return readdirSync(directory).filter(isCounterFileName);
  } catch {
    return [];
  }
}

function readFolded(directory: string): Folded {
  const value = readObject(join(directory, FOLDED_FILE));
  return { queues: queueCountsIn(value), writers: stringsIn(value.writers) };
}

/** The object in a JSON file; an empty one where there is none. Its members are anybody's: check them. */
function readObject(path: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(readForeignText(path)));
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
  return queues.slice(0, KERNEL_QUEUES_MAX).map((queue: unknown) => sumOf(numbersIn(queue)));
}

function numbersIn(value: unknown): Record<string, number> {
  const entries = Object.entries(asObject(value));
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => isCount(entry[1])));
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item: unknown) => typeof item === 'string') : [];
}
