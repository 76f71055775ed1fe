import koffi from 'koffi';
import { Descriptor } from './descriptor.js';
import { DescriptorWatch } from './descriptor-watch.js';
import { unchecked } from './libc.js';
import { Ownership } from './ownership.js';

/** pidfd_open(2), or undefined: C libraries have it since 2022 (glibc 2.36). */
const pidfdOpen = findPidfdOpen();

/** Waits for the end of any process, child or not. It does not keep this process alive. */
export class ProcessWatch implements Disposable {
  readonly pid: number;
  readonly #owned: Ownership;

  private constructor(pid: number, owned: Ownership) {
    this.pid = pid;
    this.#owned = owned;
  }

  /**
   * Calls `onEnd` once, when the process `pid` has ended and closed what it had open. Returns undefined if the
   * process does not exist, or this machine has no pidfd_open(2).
   */
  static open(pid: number, onEnd: () => void): ProcessWatch | undefined {
    if (pidfdOpen === undefined) return undefined;
    const fd = unchecked(() => pidfdOpen(pid, 0));
    if (fd < 0) return undefined;
    const owned = new Ownership();
    const watched = new ProcessWatch(pid, owned);
    const descriptor = owned.own(new Descriptor(fd));
    const end = () => {
      watched[Symbol.dispose]();
      onEnd();
    };
    try {
      owned.own(DescriptorWatch.readable(descriptor.fd, end)).unref();
      return watched;
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#owned[Symbol.dispose]();
  }
}

function findPidfdOpen(): ((pid: number, flags: number) => number) | undefined {
  try {
    return koffi.load(null).func('int pidfd_open(int pid, uint flags)') as (
      pid: number,
      flags: number,
    ) => number;
  } catch {
    return undefined;
  }
}
