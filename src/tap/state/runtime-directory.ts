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
import { fileRefused } from './file-refusal.js';
import { readForeignText } from './foreign-file.js';
import { randomSuffix } from './random-suffix.js';
import { isFolder, isTrustedFolder } from './trusted-folder.js';

/** Where runtime state goes unless the environment names another place. */
const SYSTEM_DIRECTORY = '/run/rtap';
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_FILE = 'boot-id';

/** Why a folder may stay without that being a fault: it belongs to another user, is in use, or is gone already. */
const REMOVAL_REFUSALS: readonly string[] = [
  'EACCES',
  'EPERM',
  'EROFS',
  'EISDIR',
  'ELOOP',
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
  'EEXIST',
];

/**
 * Between two steps another process can remove the namespace's folder, or put the device's own there. So the steps
 * are repeated. That many processes do not come in between one after the other.
 */
const MAKE_ATTEMPTS_MAX = 100;

const FOLDER_MODE = 0o755;
/** Sticky: a member of the group writes its counters there, and can neither remove nor replace the files of others. */
const GROUP_FOLDER_MODE = 0o1775;
const MODE_BITS = 0o7777;

/** Names of device folders: the device's index, and a suffix while the folder is being made or removed. */
export const DEVICE_FOLDER = /^(\d+)(\.\w+)?$/;

/** The uid and gid that own a device's folder. undefined stands for root's. Only root sets them. */
export interface DeviceOwnership {
  readonly owner?: number | undefined;
  readonly group?: number | undefined;
}

/**
 * The places where runtime state may lie, the preferred one first: `$RTAP_RUNTIME_DIR` alone when it is set.
 * Otherwise `/run/rtap`, and `$XDG_RUNTIME_DIR/rtap` for users that cannot write the former.
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
 * The first of `runtimeRoots` that this user can write or make. Undefined when there is none. Makes a folder there and removes
 * it, because access(2) grants root a file, /proc and a full disk.
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

/**
 * Returns the first of `runtimeRoots` that this user can write, and makes it where it is missing. Throws a SystemError if there is
 * none, and a TypeError if another user can write there.
 */
export function openRuntimeRoot(): string {
  let refusal: unknown;
  for (const root of runtimeRoots()) {
    try {
      makeDirectory(root);
      accessSync(root, constants.W_OK | constants.X_OK);
      assertTrustedRoot(root);
      return root;
    } catch (error) {
      refusal ??= error;
    }
  }
  if (!(refusal instanceof Error && 'syscall' in refusal && 'code' in refusal)) throw refusal;
  const [object] = runtimeRoots();
  throw systemError({
    action: 'write',
    object,
    code: String(refusal.code),
    syscall: String(refusal.syscall),
    reason: 'runtime-directory-denied',
  });
}

function assertTrustedRoot(root: string): void {
  if (!isTrustedFolder(root))
    throw new ArgumentTypeError(`cannot use "${root}": another user can write to it`);
}

/** The first root that this user may not look into: there may be state that it cannot see. Undefined when there is none. */
export function unreadableRuntimeRoot(): string | undefined {
  return runtimeRoots().find((root) => {
    try {
      accessSync(root, constants.X_OK);
      return false;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EACCES';
    }
  });
}

/** Throws a SystemError with EACCES when this user may not look into a root. */
export function assertRuntimeRootsReadable(): void {
  const root = unreadableRuntimeRoot();
  if (root !== undefined)
    throw systemError({ action: 'read', object: root, code: 'EACCES', syscall: 'access' });
}

let presentBootId: string | undefined;

/** Read once, since a list of devices compares it for each. */
function bootId(): string {
  presentBootId ??= readFileSync(BOOT_ID_PATH, 'latin1').trim();
  return presentBootId;
}

/**
 * Whether the device folder `path` was made since the machine started. An older folder belongs to a device that is
 * gone.
 */
export function isOfThisBoot(path: string): boolean {
  try {
    return readForeignText(join(path, BOOT_FILE)).trim() === bootId();
  } catch {
    return false;
  }
}

/** The folder of the device with index `ifindex` in this network namespace. Undefined when it has none. */
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
 * Finds or makes the folder of the device with index `ifindex`. Returns undefined when this user can make none.
 *
 * The folder belongs to the device's owner and group, so that an owner without root can write counters there.
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
      // This user may not write there: try the next place.
    }
  }
  return undefined;
}

function makeDeviceDirectory(namespace: string, ifindex: number, ownership: DeviceOwnership): string {
  const path = join(namespace, String(ifindex));
  const root = dirname(namespace);
  makeDirectory(root);
  assertTrustedRoot(root);
  for (let attempt = 1; attempt <= MAKE_ATTEMPTS_MAX; attempt++) {
    makeFolder(namespace);
    // Another process found it empty and removed it, or it belongs to another user.
    if (!isTrustedFolder(namespace)) continue;
    if (makeComplete(path, ownership)) return path;
    if (isOfThisBoot(path)) {
      setOwnership(path, ownership);
      return path;
    }
    removeEarlierBoot(path);
  }
  throw new ArgumentTypeError(`cannot use "${path}": this user cannot make a directory of its own there`);
}

/**
 * Makes a device's folder under a temporary name and renames it, so that no process sees it without its boot id and
 * takes it for one of an earlier boot. Returns false when another folder has the name, or when the namespace's folder
 * is gone. If it throws, it leaves no folder.
 */
function makeComplete(path: string, ownership: DeviceOwnership): boolean {
  let temporary: string | undefined;
  try {
    temporary = mkdtempSync(`${path}.`);
    chmodSync(temporary, 0o755);
    const bootFile = join(temporary, BOOT_FILE);
    writeFileSync(bootFile, `${bootId()}\n`);
    chmodSync(bootFile, 0o644);
    setOwnership(temporary, ownership);
    // Root without CAP_DAC_OVERRIDE could write no record into the folder of another user.
    accessSync(temporary, constants.W_OK | constants.X_OK);
    renameSync(temporary, path);
    return true;
  } catch (error) {
    if (temporary !== undefined) removeFolder(temporary);
    if (isRefusal(error, 'EEXIST', 'ENOTEMPTY', 'ENOENT')) return false;
    attemptRemoval(() => rmdirSync(dirname(path)));
    throw error;
  }
}

/**
 * Removes the device folder `path` of an earlier boot. It is renamed first: if another process has replaced it by a
 * folder of this boot, that gets its name back.
 */
export function removeEarlierBoot(path: string): void {
  attemptRemoval(() => {
    const hidden = `${path}.${randomSuffix(3)}`;
    renameSync(path, hidden);
    if (isOfThisBoot(hidden)) renameSync(hidden, path);
    else removeFolder(hidden);
  });
}

/**
 * Gives a device's folder to the device's owner and group, if this is root. Another user owns its folders already.
 *
 * The mode is changed while the folder belongs to root: root without CAP_FOWNER cannot change it later, and no member of an earlier
 * group can write there.
 */
function setOwnership(path: string, { owner, group }: DeviceOwnership): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid, mode } = lstatSync(path);
  const wanted = group === undefined ? FOLDER_MODE : GROUP_FOLDER_MODE;
  const isOwned = uid === (owner ?? 0) && gid === (group ?? 0);
  if (isOwned && (mode & MODE_BITS) === wanted) return;
  try {
    if (!isOwned) lchownSync(path, 0, 0);
    chmodSync(path, wanted);
    if (!isOwned) lchownSync(path, owner ?? 0, group ?? 0);
  } catch (error) {
    if (!isRefusal(error, 'EPERM', 'EACCES', 'EROFS')) throw error;
    throw fileRefused('write', path, String(error.code), { reason: 'runtime-directory-denied' });
  }
}

/**
 * Makes a folder and its parents, each with mode 0755 whatever the umask is, so that other users may read. Node's own
 * `recursive` never returns when the file system answers ENOENT to mkdir, as /proc does.
 */
function makeDirectory(path: string): void {
  const whole = resolve(path);
  if (existsSync(whole)) return;
  makeDirectory(dirname(whole));
  makeFolder(whole);
  if (!existsSync(whole))
    throw new ArgumentTypeError(`cannot make "${whole}": another process removed it at once`);
}

/** Makes a folder with mode 0755. Neither an existing one nor a missing parent is a fault: the caller checks. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
    chmodSync(path, 0o755);
  } catch (error) {
    if (!isRefusal(error, 'EEXIST', 'ENOENT')) throw error;
  }
}

/**
 * Removes a device's folder, and the folder of its namespace after the last device in it.
 *
 * An owner without root can only empty the device's folder. Without its boot id the folder is stale, and is removed
 * when root makes the next device.
 */
export function removeDeviceDirectory(ifindex: number): void {
  const path = findDeviceDirectory(ifindex);
  if (path === undefined) return;
  removeFolder(path);
  // The kernel refuses this while there are other devices, also one that is being made.
  attemptRemoval(() => rmdirSync(dirname(path)));
}

function isRefusal(error: unknown, ...codes: readonly string[]): error is Error & { readonly code: unknown } {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * Removes a device's folder as far as this user may. What stays is stale and is removed another time. A process that
 * is ending may be writing its last counts there, or may be removing the folder too.
 */
export function removeFolder(path: string): void {
  // Root without CAP_DAC_OVERRIDE removes nothing from the folder of another user.
  if (process.geteuid?.() === 0) attemptRemoval(() => lchownSync(path, 0, -1));
  attemptRemoval(() => {
    // One by one, and files only: rtap makes no others, and an owner may have put links to elsewhere there.
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
