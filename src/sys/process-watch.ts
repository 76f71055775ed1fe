import koffi from 'koffi';
import { Descriptor } from './descriptor.js';
import { DescriptorWatch } from './descriptor-watch.js';
import { unchecked } from './libc.js';
import { Ownership } from './ownership.js';
import { openPeerProcess, readPeerCredentials } from './peer-credentials.js';

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
    const descriptor = openProcess(pid);
    return descriptor === undefined ? undefined : ProcessWatch.#watch(pid, descriptor, onEnd);
  }

  /**
   * As `open`, for the process at the other end of the connected Unix socket `socket`. Before Linux 6.5 it finds the process by its
   * id, which another process can have after the end of that one.
   */
  static ofPeer(socket: number, onEnd: () => void): ProcessWatch | undefined {
    const { pid } = readPeerCredentials(socket, { action: 'identify', object: 'user' });
    const opened = openPeerProcess(socket);
    const descriptor = opened === 'unknown' ? openProcess(pid) : opened;
    return descriptor instanceof Descriptor ? ProcessWatch.#watch(pid, descriptor, onEnd) : undefined;
  }

  static #watch(pid: number, descriptor: Descriptor, onEnd: () => void): ProcessWatch {
    const owned = new Ownership();
    owned.own(descriptor);
    const watched = new ProcessWatch(pid, owned);
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

function openProcess(pid: number): Descriptor | undefined {
  if (pidfdOpen === undefined || pid === 0) return undefined;
  const fd = unchecked(() => pidfdOpen(pid, 0));
  return fd < 0 ? undefined : new Descriptor(fd);
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
