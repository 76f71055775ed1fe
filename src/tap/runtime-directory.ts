import { randomBytes } from 'node:crypto';
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
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, systemError } from '../sys/errno.js';
import { networkNamespaceCookie } from '../sys/network-namespace.js';
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

/** A process that removes the last device of a namespace can come between; many in a row do not. */
const MAKE_ATTEMPTS_MAX = 100;

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

/** The root that this user can write, or make; undefined where there is none. */
export function writableRuntimeRoot(): string | undefined {
  return runtimeRoots().find((root) => {
    try {
      accessSync(existsSync(root) ? root : dirname(root), constants.W_OK | constants.X_OK);
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
      if (denied) throw systemError('read', root, 'access', errnoOf('EACCES'));
    }
  }
}

function bootId(): string {
  return readFileSync(BOOT_ID_PATH, 'latin1').trim();
}

/** Whether the namespace folder `path` was made since the machine started; only then are its cookies ours. */
function isOfThisBoot(path: string): boolean {
  try {
    return readFileSync(join(path, BOOT_FILE), 'latin1').trim() === bootId();
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
    if (trusted && isOfThisBoot(namespace)) return path;
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
  if (existsSync(join(namespace, BOOT_FILE)) && !isOfThisBoot(namespace)) removeEarlierBoot(namespace);
  const path = join(namespace, String(ifindex));
  for (let attempt = 1; !isFolder(path) || !isOfThisBoot(namespace); attempt++) {
    if (attempt > MAKE_ATTEMPTS_MAX) throw new TypeError(`cannot use "${path}": it is no folder`);
    // A process that removes its device takes the namespace's folder away when it finds nothing else in it.
    makeNamespaceDirectory(namespace);
    makeFolder(path);
  }
  setOwnership(path, ownership);
  return path;
}

/** Its cookies were given to other namespaces since. */
function removeEarlierBoot(namespace: string): void {
  if (!isTrustedFolder(namespace))
    throw new TypeError(`cannot use "${namespace}": it belongs to another user`);
  rmSync(namespace, { recursive: true });
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
 * Makes a namespace's folder, which appears with the boot id in it: without, it would look like one of an earlier boot
 * to a process that comes along, and be removed.
 */
function makeNamespaceDirectory(namespace: string): void {
  const root = dirname(namespace);
  makeDirectory(root);
  if (!isTrustedFolder(root)) throw new TypeError(`cannot use "${root}": it belongs to another user`);
  if (isTrustedFolder(namespace) && isOfThisBoot(namespace)) return;
  const newborn = mkdtempSync(`${namespace}.`);
  try {
    const bootFile = join(newborn, BOOT_FILE);
    writeFileSync(bootFile, `${bootId()}\n`);
    chmodSync(bootFile, 0o644);
    chmodSync(newborn, 0o755);
    renameSync(newborn, namespace);
  } catch (error) {
    rmSync(newborn, { recursive: true, force: true });
    // Another process was faster; whether its folder is still there the caller looks.
    if (!isRefusal(error, 'EEXIST', 'ENOTEMPTY')) throw error;
  }
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
    throw new TypeError(`cannot make "${whole}": it was removed at once by somebody else`);
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
  removeEmptyNamespace(dirname(path));
}

/**
 * Removes a namespace's folder with no device in it. Out of sight first, with its boot id: without, it would be useless
 * to a process that makes a device in it just now. Where one has, it comes back.
 */
function removeEmptyNamespace(namespace: string): void {
  if (!isEmptyNamespace(namespace)) return;
  const hidden = `${namespace}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(namespace, hidden);
    if (isEmptyNamespace(hidden)) removeFolder(hidden);
    else renameSync(hidden, namespace);
  } catch (error) {
    if (!isRefusal(error, ...REMOVAL_REFUSALS)) throw error;
  }
}

function isEmptyNamespace(path: string): boolean {
  try {
    return readdirSync(path).every((entry) => entry === BOOT_FILE);
  } catch (error) {
    if (isRefusal(error, ...REMOVAL_REFUSALS)) return false;
    throw error;
  }
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Removes a folder where this user may. What stays is stale, and goes another time: a process that ends just now may
 * be writing its last counts there, or removing it, too.
 */
function removeFolder(path: string): void {
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
 * Removes the folders of devices of this namespace that exist no more; returns their indices.
 *
 * @param readExisting the indices of all links. Called after the folders were listed: a device is there before its
 * folder is, so that one missing now has gone, and is not just being made by another process.
 */
export function removeStaleDirectories(readExisting: () => ReadonlySet<number>): number[] {
  const cookie = networkNamespaceCookie();
  const found = runtimeRoots().flatMap((root) => deviceFolders(join(root, cookie)));
  const existing = readExisting();
  const stale = found.filter(({ ifindex }) => !existing.has(ifindex));
  for (const { path } of stale) removeFolder(path);
  return stale.map(({ ifindex }) => ifindex);
}

function deviceFolders(namespace: string): { readonly path: string; readonly ifindex: number }[] {
  const entries =
    isTrustedFolder(dirname(namespace)) && isTrustedFolder(namespace) ? readdirSync(namespace) : [];
  return entries
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ path: join(namespace, entry), ifindex: Number(entry) }))
    .filter(({ path }) => isFolder(path));
}
