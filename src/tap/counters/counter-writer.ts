import { closeSync, fchmodSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Link } from '../../netlink/link.js';
import { systemError } from '../../sys/errno.js';
import { tryLock } from '../../sys/file-lock.js';
import { MappedMemory } from '../../sys/mapped-memory.js';
import { openDeviceDirectory } from '../state/runtime-directory.js';
import { counterFileName } from './counter-file-reader.js';
import { counterBlock, counterBlockStart, counterFileSize, encodeCounterHeader } from './counter-layout.js';
import { privateCounters, type QueueCounters } from './counter-table.js';
import { foldFinishedWriters } from './counter-totals.js';

/**
 * The counters that one process keeps of one device: a block per queue in a mapped file of its own, which
 * `rtap stats` reads while it grows, and which outlives a crash (design, decision 7).
 *
 * The lock on the file says that its writer lives; the kernel lifts it however the process ends.
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

  /** Makes a counter file for `queueCount` queues in a device's folder; throws where it cannot be written. */
  static open(directory: string, queueCount: number, role: number): CounterWriter {
    const path = join(directory, counterFileName());
    // It bears its final name only when locked: before that it would look like that of a dead writer.
    const newborn = `${path}.new`;
    const fd = openSync(newborn, 'wx+', 0o644);
    let memory: MappedMemory | undefined;
    try {
      // Whatever the umask is: others may read.
      fchmodSync(fd, 0o644);
      tryLock(fd, newborn);
      const bytes = new Uint8Array(counterFileSize(queueCount));
      bytes.set(encodeCounterHeader({ pid: process.pid, role, queueCount }));
      // Written, not only sized: a full file system answers now, instead of a SIGBUS at the first frame.
      if (writeSync(fd, bytes) < bytes.byteLength)
        throw systemError({ action: 'write', object: path, code: 'ENOSPC', syscall: 'write' });
      memory = MappedMemory.file(fd, bytes.byteLength, path);
      renameSync(newborn, path);
      return new CounterWriter(directory, fd, memory);
    } catch (error) {
      memory?.[Symbol.dispose]();
      closeSync(fd);
      rmSync(newborn, { force: true });
      throw error;
    }
  }

  /**
   * As `open`, for the device `link`; undefined where this user may write no runtime directory. Counts are a service,
   * not a condition: without them a device is read and fed all the same.
   */
  static tryOpen(link: Link, queueCount: number, role: number): CounterWriter | undefined {
    try {
      const directory = openDeviceDirectory(link.index, { owner: link.tun?.owner, group: link.tun?.group });
      return directory === undefined ? undefined : CounterWriter.open(directory, queueCount, role);
    } catch {
      return undefined;
    }
  }

  /** The counters of queue `number`; to be written by one queue only. */
  queue(number: number): QueueCounters {
    return this.#open ? counterBlock(this.#memory.bytes, number) : privateCounters();
  }

  /** Where the counters of queue `number` lie in this process, for another thread that writes them while this is open. */
  addressOf(number: number): number {
    return this.#memory.address + counterBlockStart(number);
  }

  /** Ends the file: its counts join the sums of finished writers. The queues' counters must not be used any more. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#memory[Symbol.dispose]();
    closeSync(this.#fd);
    foldFinishedWriters(this.#directory);
  }
}
