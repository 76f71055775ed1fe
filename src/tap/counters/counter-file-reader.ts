import { fstatSync, readSync } from 'node:fs';
import { trySharedLock } from '../../sys/file-lock.js';
import { withForeignFile } from '../state/foreign-file.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { randomSuffix } from '../state/random-suffix.js';
import {
  type CounterHeader,
  counterFileSizeMax,
  decodeCounterHeader,
  foreignCounterBlock,
} from './counter-layout.js';
import { countsOf, type QueueCounts } from './queue-counts.js';

/** A counter file: its writer, and what that has counted so far. */
export interface CounterFile extends CounterHeader {
  readonly queues: readonly QueueCounts[];
}

/** Returns a new name for a counter file of this process. */
export function counterFileName(): string {
  return `counters-${process.pid}-${randomSuffix(6)}`;
}

/** Whether a file in a device's folder is a counter file, by its name. A file without its final name is none yet. */
export function isCounterFileName(name: string): boolean {
  return /^counters-\d+-[0-9a-f]{12}$/.test(name);
}

/**
 * Reads a counter file of any release, while its writer may be writing. Returns undefined when there is no such file,
 * or when it is none of rtap's.
 *
 * The file is read and not mapped: if its owner shortened it meanwhile, SIGBUS would end the reader of a mapping.
 */
export function readCounterFile(path: string): CounterFile | undefined {
  return withForeignFile(path, (fd) => {
    const { size } = fstatSync(fd);
    // rtap writes no larger ones.
    if (size > counterFileSizeMax(KERNEL_QUEUES_MAX)) return undefined;
    const bytes = new Uint8Array(size);
    const file = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
    const layout = decodeCounterHeader(file);
    if (layout === undefined || layout.queueCount > KERNEL_QUEUES_MAX) return undefined;
    const { pid, role, queueCount } = layout;
    const numbers = Array.from({ length: queueCount }, (_, number) => number);
    const queues = numbers.map((number) => countsOf(foreignCounterBlock(file, layout, number)));
    return { pid, role, queueCount, queues };
  });
}

/**
 * Whether the writer of the counter file has ended, or died: no process holds its lock. A shared lock answers that
 * without being in the way of other probes: an exclusive one would look to them like the writer's.
 */
export function isFinished(path: string): boolean {
  return withForeignFile(path, (fd) => trySharedLock(fd, path)) ?? false;
}

/** Whether a process of any release writes the counter file now. False for a file that this user may not read. */
export function isBeingWritten(path: string): boolean {
  return withForeignFile(path, (fd) => !trySharedLock(fd, path)) ?? false;
}
