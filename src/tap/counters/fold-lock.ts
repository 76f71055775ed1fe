import {
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { Descriptor } from '../../sys/descriptor.js';
import { tryLock } from '../../sys/file-lock.js';
import { randomSuffix } from '../state/random-suffix.js';

/** The process that adds up the counter files of a folder holds this lock. The file exists only meanwhile. */
const LOCK_FILE = 'fold.lock';
const LOCK_MODE = 0o600;
const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The right to fold the counter files of a folder. */
class FoldLock implements Disposable {
  readonly #path: string;
  readonly #file: Descriptor;

  constructor(path: string, file: Descriptor) {
    this.#path = path;
    this.#file = file;
  }

  /** Removes the lock file first: a process that locks it later sees that it is gone, and gives up. */
  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
    this.#file[Symbol.dispose]();
  }
}

/**
 * Takes the lock of the device folder `directory`. Returns undefined while another process has it. Throws the error of
 * node:fs, or a SystemError, when this user cannot.
 *
 * Only root and the owner of the folder can lock it. The lock is a file that other users cannot open, since a process
 * can lock all that it may read, the folder itself too.
 */
export function tryFoldLock(directory: string): Disposable | undefined {
  const path = join(directory, LOCK_FILE);
  const owner = lstatSync(directory);
  const file = openLock(path, owner);
  if (file === undefined) return undefined;
  // Its last owner may have removed it between the two steps.
  if (tryLock(file.fd, path) && isAt(path, fstatSync(file.fd))) return new FoldLock(path, file);
  file[Symbol.dispose]();
  return undefined;
}

/** Makes the lock file, or opens that of another process. Removes one that another user could lock. */
function openLock(path: string, owner: Stats): Descriptor | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present !== undefined && isPrivate(present, owner)) return openPresent(path, owner);
  if (present !== undefined) setAside(path, present);
  const file = Descriptor.ofNode(openSync(path, FLAGS | constants.O_CREAT | constants.O_EXCL, LOCK_MODE));
  giveTo(owner, file);
  return file;
}

function setAside(path: string, present: Stats): void {
  if (present.isDirectory()) renameSync(path, `${path}.${randomSuffix(6)}`);
  else rmSync(path, { force: true });
}

function giveTo(owner: Stats, file: Descriptor): void {
  try {
    fchownSync(file.fd, owner.uid, owner.gid);
  } catch {
    // This user is not root of the whole machine. The lock stays its own.
  }
}

/** Undefined when another file has taken its place that other users could lock. */
function openPresent(path: string, owner: Stats): Descriptor | undefined {
  const file = Descriptor.ofNode(openSync(path, FLAGS));
  if (isPrivate(fstatSync(file.fd), owner)) return file;
  file[Symbol.dispose]();
  return undefined;
}

/** Whether only root and the owner of the folder can open the file. */
function isPrivate(file: Stats, owner: Stats): boolean {
  const ours = file.uid === 0 || file.uid === owner.uid;
  return file.isFile() && ours && (file.mode & 0o077) === 0;
}

function isAt(path: string, file: Stats): boolean {
  const present = lstatSync(path, { throwIfNoEntry: false });
  return present?.ino === file.ino && present.dev === file.dev;
}
