import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SystemError } from '../../errors.js';
import { Descriptor } from '../../sys/descriptor.js';
import { isSystemError, systemError } from '../../sys/errno.js';
import { tryLock } from '../../sys/file-lock.js';
import { Ownership } from '../../sys/ownership.js';
import { throughDirectory } from '../../sys/unix-address.js';
import { connectUnix, listenAgain, listenUnix } from '../../sys/unix-socket.js';
import { randomSuffix } from '../state/random-suffix.js';

/** The socket in a device's folder. */
export const HOLDER_SOCKET = 'holder';
/** Everybody may connect: the holder looks at who it is. */
const OPEN_TO_ALL_UMASK = 0o111;
/** Locked while there is a holder, however it ends. */
const LOCK = 'holder.lock';
const LOCK_MODE = 0o640;

/** What a holder of `name` is found by: a socket in the device's folder, and a lock beside it. */
export class HolderSocket implements Disposable {
  readonly listening: Descriptor;
  readonly lock: Descriptor;
  readonly #path: string;
  readonly #inode: number;
  #open = true;

  private constructor(directory: string, listening: Descriptor, lock: Descriptor) {
    this.#path = join(directory, HOLDER_SOCKET);
    this.listening = listening;
    this.lock = lock;
    this.#inode = inodeOf(this.#path);
  }

  /**
   * Makes them in the folder `directory` of the device `name`, in place of those that a holder left who died. Throws a
   * SystemError with EBUSY where there is a holder.
   */
  static open(directory: string, name: string): HolderSocket {
    const purpose = { action: 'hold', object: name };
    const owned = new Ownership();
    try {
      assertWritable(directory, name);
      const lock = owned.own(openLock(directory));
      if (!tryLock(lock.fd, directory)) throw held(name);
      const listening = owned.own(appear(directory, (path) => listenUnix(path, purpose)));
      return new HolderSocket(directory, listening, lock);
    } catch (error) {
      owned[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes over those of another holder, which are this object's from now on. */
  static inherit(directory: string, name: string, listening: Descriptor, lock: Descriptor): HolderSocket {
    listenAgain(listening.fd, { action: 'hold', object: name });
    return new HolderSocket(directory, listening, lock);
  }

  /** Lets those who watch the folder know that something has changed: they ask then. */
  announce(): void {
    const now = new Date();
    try {
      futimesSync(this.lock.fd, now, now);
    } catch {
      // Another user's by now: they ask by themselves, some seconds later.
    }
  }

  /** Closes them, and leaves them in place for who has them too. */
  abandon(): void {
    if (!this.#open) return;
    this.#open = false;
    this.listening[Symbol.dispose]();
    this.lock[Symbol.dispose]();
  }

  /** Closes and removes the socket; what somebody else put in its place stays. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    if (inodeOf(this.#path) === this.#inode) {
      try {
        unlinkSync(this.#path);
      } catch {
        // Its folder goes with the device, or belongs to somebody else by now: nobody listens there any more.
      }
    }
    this.abandon();
  }
}

/** Makes a socket in `directory` that bears its name when it can be connected to: no user finds half of it. */
function appear(directory: string, listen: (path: string) => Descriptor): Descriptor {
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

/** A socket gets its mode when it is made: to change it later would follow a link that the folder's owner lays there. */
function withUmask<T>(mask: number, make: () => T): T {
  const before = process.umask(mask);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** Whether the folder `directory` has a socket of a holder that died: nobody listens there. */
export function hasDeadSocket(directory: string): boolean {
  const path = join(directory, HOLDER_SOCKET);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
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

/** Removes such a socket, unless a holder begins just now. */
export function removeDeadSocket(directory: string): void {
  using lock = openLock(directory);
  if (tryLock(lock.fd, directory) && hasDeadSocket(directory)) unlinkSync(join(directory, HOLDER_SOCKET));
}

/**
 * Opens the lock, or makes it, as the folder's owner's and group's: nobody else may open it, since to lock it takes no
 * right to write it. Whoever made it before may have been another user.
 */
function openLock(directory: string): Descriptor {
  const path = join(directory, LOCK);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const lock = new Descriptor(openSync(path, flags | constants.O_CREAT | constants.O_EXCL, LOCK_MODE));
    giveToOwner(lock, directory);
    return lock;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return new Descriptor(openSync(path, flags));
  }
}

/** As far as this user may: his own group's name is not always that of the folder. */
function giveToOwner(file: Descriptor, directory: string): void {
  const { uid, gid } = lstatSync(directory);
  fchmodSync(file.fd, LOCK_MODE);
  try {
    fchownSync(file.fd, uid, gid);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  }
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
      detail: `this user may not write "${directory}"`,
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
