import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { tryLock } from '../sys/file-lock.js';
import { MappedMemory } from '../sys/mapped-memory.js';
import { type CounterHeader, counterBlock, counterFileSize, decodeCounterHeader } from './counter-layout.js';
import { withForeignFile } from './foreign-file.js';
import { countsOf, type QueueCounts } from './queue-counters.js';

/** More than a device can have: what is larger was not written by rtap. */
export const QUEUES_MAX = 256;

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
  return withForeignFile(path, (fd) => {
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
  return withForeignFile(path, (fd) => tryLock(fd, path)) ?? false;
}
