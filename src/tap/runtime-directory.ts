import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, systemError } from '../sys/errno.js';
import { networkNamespaceCookie } from '../sys/network-namespace.js';

/** Where state goes when the environment does not say. */
const SYSTEM_DIRECTORY = '/run/rtap';
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_FILE = 'boot-id';

/** Reasons why a folder stays that are no fault: not ours, in use, gone already. */
const REMOVAL_REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTEMPTY', 'ENOENT']);

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
    if (existsSync(path) && isOfThisBoot(namespace)) return path;
  }
  return undefined;
}

/**
 * The folder of a device, made where it does not exist, or undefined where this user can make none.
 * It belongs to the device's owner and group, so that an owner without root writes his counters there.
 */
export function openDeviceDirectory(ifindex: number, ownership: DeviceOwnership): string | undefined {
  const found = findDeviceDirectory(ifindex);
  if (found !== undefined) return found;
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
  if (existsSync(namespace) && !isOfThisBoot(namespace)) rmSync(namespace, { recursive: true });
  makeNamespaceDirectory(namespace);
  const path = join(namespace, String(ifindex));
  makeDirectory(path);
  if (process.geteuid?.() === 0) {
    chownSync(path, ownership.owner ?? 0, ownership.group ?? 0);
    if (ownership.group !== undefined) chmodSync(path, 0o775);
  }
  return path;
}

/**
 * Makes a namespace's folder, which appears with the boot id in it: without, it would look like one of an earlier boot
 * to a process that comes along, and be removed.
 */
function makeNamespaceDirectory(namespace: string): void {
  if (existsSync(namespace)) return;
  makeDirectory(dirname(namespace));
  const newborn = mkdtempSync(`${namespace}.`);
  try {
    const bootFile = join(newborn, BOOT_FILE);
    writeFileSync(bootFile, `${bootId()}\n`);
    chmodSync(bootFile, 0o644);
    chmodSync(newborn, 0o755);
    renameSync(newborn, namespace);
  } catch (error) {
    rmSync(newborn, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(namespace)) throw error;
  }
}

/** mkdir -p with mode 0755 for all that it makes, whatever the umask is: others may read. */
function makeDirectory(path: string): void {
  const whole = resolve(path);
  const first = mkdirSync(whole, { recursive: true });
  if (first === undefined) return;
  for (let made = whole; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}

/**
 * Removes a device's folder, and its namespace's when that was the last device in it. An owner without root can only
 * empty it: the folder itself is stale from now on, and goes with the next device that root makes.
 */
export function removeDeviceDirectory(ifindex: number): void {
  const path = findDeviceDirectory(ifindex);
  if (path === undefined) return;
  removeFolder(path);
  const namespace = dirname(path);
  const left = existsSync(namespace) ? readdirSync(namespace) : [];
  if (left.every((entry) => entry === BOOT_FILE)) removeFolder(namespace);
}

/**
 * Removes a folder where this user may. What stays is stale, and goes another time: a process that ends just now may
 * be writing its last counts there, or removing it, too.
 */
function removeFolder(path: string): void {
  try {
    // One by one: where the folder itself may not go, rmSync(path) would leave them.
    for (const entry of readdirSync(path)) rmSync(join(path, entry), { recursive: true, force: true });
    rmdirSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && REMOVAL_REFUSALS.has(String(error.code)))) throw error;
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
  const entries = existsSync(namespace) ? readdirSync(namespace) : [];
  return entries
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ path: join(namespace, entry), ifindex: Number(entry) }));
}
