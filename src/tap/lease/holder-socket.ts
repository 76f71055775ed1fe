import {
  accessSync,
  closeSync,
  constants,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SystemError } from '../../errors.js';
import type { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { Ownership } from '../../sys/ownership.js';
import { throughDirectory } from '../../sys/unix-address.js';
import { connectUnix, listenAgain, listenUnix } from '../../sys/unix-socket.js';
import { randomSuffix } from '../state/random-suffix.js';
import { acquireLock, removeLock } from './holder-lock.js';

/** Name of the holder's socket in a device's folder. */
export const HOLDER_SOCKET = 'holder';
/** Leaves read and write to all users, so that each can connect: the holder decides by SO_PEERCRED what a user may do. */
const OPEN_TO_ALL_UMASK = 0o111;

/** The listening socket of a holder in the folder of its device, and the lock that keeps a second holder out. */
export class HolderSocket implements Disposable {
  readonly listening: Descriptor;
  readonly lock: Descriptor;
  readonly #directory: string;
  readonly #path: string;
  readonly #inode: number;
  #open = true;

  private constructor(directory: string, listening: Descriptor, lock: Descriptor) {
    this.#directory = directory;
    this.#path = join(directory, HOLDER_SOCKET);
    this.listening = listening;
    this.lock = lock;
    this.#inode = inodeOf(this.#path);
  }

  /**
   * Makes socket and lock in the folder `directory` of the device `name`. Replaces those of a holder that died. Throws a
   * SystemError with EBUSY if there is a holder.
   */
  static open(directory: string, name: string): HolderSocket {
    const purpose = { action: 'hold', object: name };
    const owned = new Ownership();
    try {
      assertWritable(directory, name);
      const isServed = () => hasSocket(directory) && !hasDeadSocket(directory);
      const lock = acquireLock(directory, { object: name, isServed });
      if (lock === undefined) throw held(name);
      owned.own(lock);
      const listening = owned.own(listenIn(directory, (path) => listenUnix(path, purpose)));
      return new HolderSocket(directory, listening, lock);
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes over the socket and the lock of another holder. Owns them. */
  static inherit(directory: string, name: string, listening: Descriptor, lock: Descriptor): HolderSocket {
    listenAgain(listening.fd, { action: 'hold', object: name });
    return new HolderSocket(directory, listening, lock);
  }

  /** Touches the lock, so that processes that watch the folder learn of a change and ask the holder. */
  announce(): void {
    const now = new Date();
    try {
      futimesSync(this.lock.fd, now, now);
    } catch {
      // The lock may belong to another user now. A HolderWatch asks within some seconds anyway.
    }
  }

  /** Closes socket and lock, and leaves both in the folder for the process that has taken over. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    this.listening[Symbol.dispose]();
    this.lock[Symbol.dispose]();
  }

  /** Closes both, and removes the socket from the folder unless another one has replaced it. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    if (inodeOf(this.#path) === this.#inode) {
      try {
        unlinkSync(this.#path);
      } catch {
        // The folder may be gone, or another user's. A client that connects there learns that no process listens.
      }
      removeLock(this.#directory, this.lock);
    }
    this.abandon();
  }
}

/** Makes a socket in `directory` under a temporary name and renames it, so that no client finds one that does not listen yet. */
function listenIn(directory: string, listen: (path: string) => Descriptor): Descriptor {
  const folder = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const fresh = throughDirectory(folder, `${HOLDER_SOCKET}.${randomSuffix(6)}`);
    const listening = withUmask(OPEN_TO_ALL_UMASK, () => listen(fresh));
    try {
      renameSync(fresh, throughDirectory(folder, HOLDER_SOCKET));
      return listening;
    } catch (error) {
      listening[Symbol.dispose]();
      unlinkSync(fresh);
      throw error;
    }
  } finally {
    closeSync(folder);
  }
}

/**
 * Runs `make` with another umask. The mode of a socket must be right from the beginning: chmod(2) would follow a link that the
 * owner of the folder may have put in its place.
 */
function withUmask<T>(mask: number, make: () => T): T {
  const before = process.umask(mask);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** Returns whether the folder `directory` has the socket of a holder that died. */
export function hasDeadSocket(directory: string): boolean {
  if (!hasSocket(directory)) return false;
  const path = join(directory, HOLDER_SOCKET);
  const folder = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    connectUnix(throughDirectory(folder, HOLDER_SOCKET), { action: 'connect to', object: path })[
      Symbol.dispose
    ]();
    return false;
  } catch (error) {
    return isSystemError(error, 'ECONNREFUSED');
  } finally {
    closeSync(folder);
  }
}

function hasSocket(directory: string): boolean {
  return lstatSync(join(directory, HOLDER_SOCKET), { throwIfNoEntry: false })?.isSocket() === true;
}

/** Removes the socket of a holder that died, unless a new holder starts at this moment. */
export function removeDeadSocket(directory: string): void {
  using lock = acquireLock(directory, { object: directory, isServed: () => !hasDeadSocket(directory) });
  if (lock === undefined || !hasDeadSocket(directory)) return;
  unlinkSync(join(directory, HOLDER_SOCKET));
  removeLock(directory, lock);
}

function assertWritable(directory: string, name: string): void {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch {
    throw systemError({
      action: 'hold',
      object: name,
      code: 'EACCES',
      syscall: 'runtime directory',
      detail: `this user cannot write "${directory}"`,
      reason: 'runtime-directory-denied',
    });
  }
}

function inodeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? -1;
}

function held(name: string): SystemError {
  return systemError({
    action: 'hold',
    object: name,
    code: 'EBUSY',
    syscall: 'flock',
    detail: 'it has a holder already',
    reason: 'holder-exists',
  });
}
