import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { tryLock, tryWriteLock } from '../../sys/file-lock.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { counterFileName } from './counter-file-reader.js';
import { counterBlock, counterBlockStart, counterFileSize, encodeCounterHeader } from './counter-layout.js';
import { privateCounters, type QueueCounters } from './counter-table.js';
import { foldFinishedWriters } from './counter-totals.js';

/**
 * The counters that one process keeps of one device: a block for each queue in a mapped file of its own. `rtap stats`
 * reads the file while the process counts. The kernel writes mapped pages to the file however the process ends, so
 * counts outlive a crash.
 *
 * The process locks the file for as long as it counts. The kernel lifts the lock however the process ends.
 */
export class CounterWriter implements Disposable {
  readonly #directory: string;
  readonly #fd: number;
  readonly #memory: MappedMemory;
  #open = true;

  private constructor(directory: string, fd: number, memory: MappedMemory) {
    this.#directory = directory;
    this.#fd = fd;
    this.#memory = memory;
  }

  /**
   * Makes a counter file for `queueCount` queues in a device's folder. Throws the error of node:fs, or a SystemError,
   * when it cannot be written.
   *
   * @param role ROLE_* of counter-layout
   */
  static open(directory: string, queueCount: number, role: number): CounterWriter {
    const path = join(directory, counterFileName());
    // It gets its final name when it is locked: an unlocked file would look like a dead writer's.
    const unfinished = `${path}.new`;
    // No other user can open it before it is locked.
    const fd = openSync(unfinished, 'wx+', 0o600);
    let memory: MappedMemory | undefined;
    try {
      lock(fd, path);
      const bytes = new Uint8Array(counterFileSize(queueCount));
      bytes.set(encodeCounterHeader({ pid: process.pid, role, queueCount }));
      // Written, and not only sized, so that a full file system answers now, and not by SIGBUS at the first frame.
      if (writeSync(fd, bytes) < bytes.byteLength)
        throw systemError({ action: 'write', object: path, code: 'ENOSPC', syscall: 'write' });
      memory = MappedMemory.file(fd, bytes.byteLength, path);
      // Other users may read it from now on, whatever the umask is.
      fchmodSync(fd, 0o644);
      renameSync(unfinished, path);
      return new CounterWriter(directory, fd, memory);
    } catch (error) {
      memory?.[Symbol.dispose]();
      closeSync(fd);
      rmSync(unfinished, { force: true });
      throw error;
    }
  }

  /**
   * As `open`, for the device `link`. Returns undefined when the file cannot be made, for example because this user
   * may write no runtime directory: a device can be used without counters.
   */
  static tryOpen(link: Link, queueCount: number, role: number): CounterWriter | undefined {
    try {
      const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
      return directory === undefined ? undefined : CounterWriter.open(directory, queueCount, role);
    } catch {
      return undefined;
    }
  }

  /** The counters of queue `number`. Only one queue may write them. After disposal they are private ones. */
  queue(number: number): QueueCounters {
    return this.#open ? counterBlock(this.#memory.bytes, number) : privateCounters();
  }

  /** The address of the counters of queue `number`, for another thread that writes them. Valid until disposal. */
  addressOf(number: number): number {
    return this.#memory.address + counterBlockStart(number);
  }

  /** Ends the file: its counts join the sums of ended writers. The counters of `queue` must not be used any more. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#memory[Symbol.dispose]();
    closeSync(this.#fd);
    foldFinishedWriters(this.#directory);
  }
}

/** Locks a new counter file. The second lock is for readers of older releases, which know no other. */
function lock(fd: number, path: string): void {
  if (!tryWriteLock(fd, path) || !tryLock(fd, path))
    throw systemError({ action: 'lock', object: path, code: 'EAGAIN', syscall: 'fcntl' });
}
