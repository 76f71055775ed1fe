import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ArgumentTypeError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { isCountedIn } from '../counters/counter-totals.js';
import { readForeignText } from './foreign-file.js';
import { randomSuffix } from './random-suffix.js';
import { isFolder, isTrustedFolder } from './trusted-folder.js';

/** Where state goes when the environment does not say. */
const SYSTEM_DIRECTORY = '/run/rtap';
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_FILE = 'boot-id';

/** Reasons why a folder stays that are no fault: not ours, in use, gone already. */
const REMOVAL_REFUSALS: readonly string[] = [
  'EACCES',
  'EPERM',
  'EISDIR',
  'ELOOP',
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
  'EEXIST',
];

/** Another process can remove the namespace's folder, or put the device's there, in between; many in a row do not. */
const MAKE_ATTEMPTS_MAX = 100;

/** A device's folder, by its index, or one that is being made or removed: then its final name with a suffix. */
export const DEVICE_FOLDER = /^(\d+)(\.\w+)?$/;

/** Whom a device's folder belongs to; undefined leaves the caller's. */
export interface DeviceOwnership {
  readonly owner?: number | undefined;
  readonly group?: number | undefined;
}

/**
 * The places where runtime state may lie, the preferred one first: `$RTAP_RUNTIME_DIR` alone when it is set, else
 * `/run/rtap`, else `$XDG_RUNTIME_DIR/rtap` for those who cannot write the former.
 */
export function runtimeRoots(environment: NodeJS.ProcessEnv = process.env): string[] {
  const chosen = environment.RTAP_RUNTIME_DIR;
  if (chosen !== undefined && chosen !== '') return [chosen];
  const perUser = environment.XDG_RUNTIME_DIR;
  const roots = [SYSTEM_DIRECTORY];
  if (perUser !== undefined && perUser !== '') roots.push(join(perUser, 'rtap'));
  return roots;
}

/**
 * The root that this user can write, or make; undefined where there is none. Makes a folder there and removes it: access(2)
 * grants root what /proc, a full disk or a file in its place refuse.
 */
export function writableRuntimeRoot(): string | undefined {
  return runtimeRoots().find((root) => {
    try {
      rmdirSync(mkdtempSync(join(existsSync(root) ? root : dirname(root), '.rtap-')));
      return true;
    } catch {
      return false;
    }
  });
}

/** Throws a SystemError with EACCES where this user may not look into a root: there may be state that he cannot see. */
export function assertRuntimeRootsReadable(): void {
  for (const root of runtimeRoots()) {
    try {
      accessSync(root, constants.X_OK);
    } catch (error) {
      const denied = error instanceof Error && 'code' in error && error.code === 'EACCES';
      if (denied) throw systemError({ action: 'read', object: root, code: 'EACCES', syscall: 'access' });
    }
  }
}

let presentBootId: string | undefined;

/** Read once: a list of devices asks for each. */
function bootId(): string {
  presentBootId ??= readFileSync(BOOT_ID_PATH, 'latin1').trim();
  return presentBootId;
}

/** Whether the device folder `path` was made since the machine started; only then is it that of a device of today. */
export function isOfThisBoot(path: string): boolean {
  try {
    return readForeignText(join(path, BOOT_FILE)).trim() === bootId();
  } catch {
    return false;
  }
}

/** The existing folder of the device with index `ifindex` in this network namespace, or undefined. */
export function findDeviceDirectory(ifindex: number): string | undefined {
  const cookie = networkNamespaceCookie();
  for (const root of runtimeRoots()) {
    const namespace = join(root, cookie);
    const path = join(namespace, String(ifindex));
    const trusted = isTrustedFolder(root) && isTrustedFolder(namespace) && isFolder(path);
    if (trusted && isOfThisBoot(path)) return path;
  }
  return undefined;
}

/**
 * The folder of a device, made where it does not exist, or undefined where this user can make none.
 * It belongs to the device's owner and group, so that an owner without root writes his counters there.
 */
export function openDeviceDirectory(ifindex: number, ownership: DeviceOwnership): string | undefined {
  const found = findDeviceDirectory(ifindex);
  if (found !== undefined) {
    setOwnership(found, ownership);
    return found;
  }
  const cookie = networkNamespaceCookie();
  for (const root of runtimeRoots()) {
    try {
      return makeDeviceDirectory(join(root, cookie), ifindex, ownership);
    } catch {
      // Not writable for this user: the next place is for him.
    }
  }
  return undefined;
}

function makeDeviceDirectory(namespace: string, ifindex: number, ownership: DeviceOwnership): string {
  const path = join(namespace, String(ifindex));
  const root = dirname(namespace);
  makeDirectory(root);
  if (!isTrustedFolder(root)) throw new ArgumentTypeError(`cannot use "${root}": it belongs to another user`);
  for (let attempt = 1; attempt <= MAKE_ATTEMPTS_MAX; attempt++) {
    makeFolder(namespace);
    // Removed again by a process that found it empty, or another user's.
    if (!isTrustedFolder(namespace)) continue;
    if (bringForth(path, ownership)) return path;
    if (isOfThisBoot(path)) {
      setOwnership(path, ownership);
      return path;
    }
    removeEarlierBoot(path);
  }
  throw new ArgumentTypeError(`cannot use "${path}": it cannot be made in a folder of this user`);
}

/**
 * Makes a device's folder, which appears with its boot id and owner: without, it would look like one of an earlier boot
 * to a process that comes along. False where another one is there, or the namespace's folder is not.
 */
function bringForth(path: string, ownership: DeviceOwnership): boolean {
  let newborn: string | undefined;
  try {
    newborn = mkdtempSync(`${path}.`);
    chmodSync(newborn, 0o755);
    const bootFile = join(newborn, BOOT_FILE);
    writeFileSync(bootFile, `${bootId()}\n`);
    chmodSync(bootFile, 0o644);
    setOwnership(newborn, ownership);
    renameSync(newborn, path);
    return true;
  } catch (error) {
    if (newborn !== undefined) removeFolder(newborn);
    if (isRefusal(error, 'EEXIST', 'ENOTEMPTY', 'ENOENT')) return false;
    throw error;
  }
}

/** Out of sight first: where another process has put a folder of today there meanwhile, it comes back. */
export function removeEarlierBoot(path: string): void {
  attemptRemoval(() => {
    const hidden = `${path}.${randomSuffix(3)}`;
    renameSync(path, hidden);
    if (isOfThisBoot(hidden)) renameSync(hidden, path);
    else removeFolder(hidden);
  });
}

/** Root gives a device's folder to the device's owner and group; for others it is theirs already. */
function setOwnership(path: string, { owner, group }: DeviceOwnership): void {
  if (process.geteuid?.() !== 0) return;
  const facts = lstatSync(path);
  if (facts.uid === (owner ?? 0) && facts.gid === (group ?? 0)) return;
  lchownSync(path, owner ?? 0, group ?? 0);
  chmodSync(path, group === undefined ? 0o755 : 0o775);
}

/**
 * mkdir -p with mode 0755 for all that it makes, whatever the umask is: others may read. Node's own never returns where
 * the file system answers ENOENT to mkdir, as /proc does.
 */
function makeDirectory(path: string): void {
  const whole = resolve(path);
  if (existsSync(whole)) return;
  makeDirectory(dirname(whole));
  makeFolder(whole);
  if (!existsSync(whole))
    throw new ArgumentTypeError(`cannot make "${whole}": it was removed at once by somebody else`);
}

/** mkdir with mode 0755. What is there already is no fault, nor a missing parent: the caller looks. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
    chmodSync(path, 0o755);
  } catch (error) {
    if (!isRefusal(error, 'EEXIST', 'ENOENT')) throw error;
  }
}

/**
 * Removes a device's folder, and its namespace's when that was the last device in it. An owner without root can only
 * empty it: the folder itself is stale from now on, and goes with the next device that root makes.
 */
export function removeDeviceDirectory(ifindex: number): void {
  const path = findDeviceDirectory(ifindex);
  if (path === undefined) return;
  removeFolder(path);
  // Refused where it has other devices, or one that is just being made.
  attemptRemoval(() => rmdirSync(dirname(path)));
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Removes a folder where this user may. What stays is stale, and goes another time: a process that ends just now may
 * be writing its last counts there, or removing it, too.
 */
export function removeFolder(path: string): void {
  attemptRemoval(() => {
    // One by one, and only files: rtap makes no others, and what an owner laid there may lead elsewhere.
    for (const entry of readdirSync(path)) attemptRemoval(() => unlinkSync(join(path, entry)));
    rmdirSync(path);
  });
}

function attemptRemoval(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!isRefusal(error, ...REMOVAL_REFUSALS)) throw error;
  }
}

/**
 * Removes the folders of devices of this namespace that exist no more, those of earlier boots, and what processes that
 * died left half made; returns the indices. A folder in which a process counts still stays: its device was moved.
 *
 * @param readExisting the indices of all links. Called after the folders were listed: a device is there before its
 * folder is, so that one missing now has gone, and is not just being made by another process.
 */
export function removeStaleDirectories(readExisting: () => ReadonlySet<number>): number[] {
  const cookie = networkNamespaceCookie();
  const found = runtimeRoots().flatMap((root) => deviceFolders(join(root, cookie)));
  const existing = readExisting();
  const gone = found.filter(({ path, ifindex }) => !existing.has(ifindex) && !isCountedIn(path));
  for (const { path } of gone) removeFolder(path);
  const outdated = found.filter(
    ({ path, ifindex, whole }) => whole && existing.has(ifindex) && !isOfThisBoot(path),
  );
  for (const { path } of outdated) removeEarlierBoot(path);
  return [...gone, ...outdated].map(({ ifindex }) => ifindex);
}

interface DeviceFolder {
  readonly path: string;
  readonly ifindex: number;
  /** It bears its final name. */
  readonly whole: boolean;
}

function deviceFolders(namespace: string): DeviceFolder[] {
  const entries =
    isTrustedFolder(dirname(namespace)) && isTrustedFolder(namespace) ? readdirSync(namespace) : [];
  return entries.flatMap((entry) => {
    const [, index, suffix] = DEVICE_FOLDER.exec(entry) ?? [];
    const path = join(namespace, entry);
    if (index === undefined || !isFolder(path)) return [];
    return [{ path, ifindex: Number(index), whole: suffix === undefined }];
  });
}
