import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { tryLock } from '../sys/file-lock.js';
import { MappedMemory } from '../sys/mapped-memory.js';
import { type CounterHeader, counterBlock, counterFileSize, decodeCounterHeader } from './counter-layout.js';
import { countsOf, type QueueCounts } from './queue-counters.js';

/** More than a device can have: what is larger was not written by rtap. */
const QUEUES_MAX = 256;

/** What a writer has counted so far. */
export interface CounterFile extends CounterHeader {
  readonly queues: readonly QueueCounts[];
}

/** A new name for a counter file of this process. */
export function counterFileName(): string {
  return `counters-${process.pid}-${randomBytes(6).toString('hex')}`;
}

export function isCounterFileName(name: string): boolean {
  return /^counters-\d+-[0-9a-f]{12}$/.test(name);
}

/** Reads a counter file while its writer may be writing; undefined where there is none of this layout. */
export function readCounterFile(path: string): CounterFile | undefined {
  return withFile(path, (fd) => {
    const { size } = fstatSync(fd);
    if (size > counterFileSize(QUEUES_MAX) || size === 0) return undefined;
    // Mapped and not read: the processor copies a double whole.
    using memory = MappedMemory.readOnlyFile(fd, size, path);
    const header = decodeCounterHeader(memory.bytes);
    if (header === undefined) return undefined;
    const numbers = Array.from({ length: header.queueCount }, (_, number) => number);
    return { ...header, queues: numbers.map((number) => countsOf(counterBlock(memory.bytes, number))) };
  });
}

/** Whether nobody holds the writer's lock: it has ended, or died. */
export function isFinished(path: string): boolean {
  return withFile(path, (fd) => tryLock(fd, path)) ?? false;
}

/** Opens a regular file for `use`. Its folder may belong to somebody else: no link is followed, no pipe waited for. */
function withFile<T>(path: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    return fstatSync(fd).isFile() ? use(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
