import { existsSync, fstatSync, readSync } from 'node:fs';
import { isWriteLocked, trySharedLock } from '../../sys/file-lock.js';
import { withForeignFile } from '../state/foreign-file.js';
import { KERNEL_QUEUES_MAX } from '../state/limits.js';
import { randomSuffix } from '../state/random-suffix.js';
import {
  COUNTER_HEADER_SIZE,
  type CounterHeader,
  counterFileSizeMax,
  decodeCounterHeader,
  decodeCounterLock,
  foreignCounterBlock,
  LOCK_FLOCK,
} from './counter-layout.js';
import { checkedCountsOf, type QueueCounts } from './queue-counts.js';

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
 * or when it is none of rtap's. A value that no rtap would write is 0.
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
    const queues = numbers.map((number) => checkedCountsOf(foreignCounterBlock(file, layout, number)));
    return { pid, role, queueCount, queues };
  });
}

/** Whether the writer of the counter file has ended, or died. False when no regular file is there. */
export function isFinished(path: string): boolean {
  return withForeignFile(path, (fd) => !isLocked(fd, path)) ?? false;
}

/** Whether a process of any release writes the counter file now. False for a file that this user may not read. */
export function isBeingWritten(path: string): boolean {
  return withForeignFile(path, (fd) => isLocked(fd, path)) ?? false;
}

/**
 * Whether a writer has locked the counter file. A process that may only read the file cannot set a write lock, so it
 * cannot pretend to be the writer.
 */
function isLocked(fd: number, path: string): boolean {
  return isWriteLocked(fd, path) || isLockedByOlderRelease(fd, path);
}

/**
 * Older releases use flock(2), which every reader of a file can do. So their lock counts only while there is a process
 * with the number of the writer.
 */
function isLockedByOlderRelease(fd: number, path: string): boolean {
  const bytes = new Uint8Array(COUNTER_HEADER_SIZE);
  if (readSync(fd, bytes, 0, bytes.length, 0) < bytes.length) return false;
  const { pid, lock } = decodeCounterLock(bytes);
  return lock === LOCK_FLOCK && existsSync(`/proc/${pid}`) && !trySharedLock(fd, path);
}
