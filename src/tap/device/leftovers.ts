import { readdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Links } from '../../netlink/links.js';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { isCountedIn } from '../counters/counter-totals.js';
import { HOLDER_SOCKET, hasDeadSocket, removeDeadSocket } from '../lease/holder-socket.js';
import { isNamespaceOfRecordGone } from '../state/device-record.js';
import {
  DEVICE_FOLDER,
  isOfThisBoot,
  removeEarlierBoot,
  removeFolder,
  runtimeRoots,
} from '../state/runtime-directory.js';
import { isFolder, isTrustedFolder } from '../state/trusted-folder.js';
import { type KeptPath, keptPath } from './removal-fault.js';

/** Why something in a runtime directory is of no use any more. */
export type LeftoverReason = 'device-gone' | 'namespace-gone' | 'earlier-boot' | 'holder-died' | 'empty';

/** What a device, a holder or a network namespace left when it went. */
export interface Leftover {
  readonly path: string;
  readonly reason: LeftoverReason;
}

/**
 * Finds what is of no use any more in the runtime directories. This process cannot see the devices of other network
 * namespaces: there it finds what is older than the machine's last start, and what namespaces left that are gone.
 */
export function findLeftovers(): Leftover[] {
  const own = networkNamespaceCookie();
  const namespaces = namespaceFolders().flatMap((namespace) => {
    const names = attempt(() => readdirSync(namespace.path));
    return names === undefined ? [] : [{ ...namespace, names }];
  });
  const existing = readLinkIndices();
  return namespaces.flatMap(({ path, cookie, names }): Leftover[] => {
    if (names.length === 0) return [{ path, reason: 'empty' }];
    const namespace = cookie === own ? existing : cookie;
    return names.flatMap((name) => attempt(() => leftoverOf(join(path, name), name, namespace)) ?? []);
  });
}

/** What became of the leftovers. */
export interface LeftoverRemoval {
  readonly removed: readonly Leftover[];
  readonly kept: readonly KeptPath[];
}

/** Removes what `findLeftovers` finds, where this user may. */
export function removeLeftovers(): LeftoverRemoval {
  const leftovers = findLeftovers();
  for (const leftover of leftovers) attempt(() => remove(leftover));
  // When the last device's folder is gone, its namespace's goes too. The root stays: a user may have made it.
  for (const { path, reason } of leftovers)
    if (reason !== 'holder-died' && reason !== 'empty') attempt(() => rmdirSync(dirname(path)));
  const kept = leftovers.flatMap(({ path }) => keptPath(path) ?? []);
  const keptPaths = new Set(kept.map(({ path }) => path));
  return { removed: leftovers.filter(({ path }) => !keptPaths.has(path)), kept };
}

/**
 * Removes the folders of devices of this network namespace that do not exist any more, those of earlier boots, and
 * those that processes left half made when they died. Returns the indices of the devices. Half-made folders of
 * existing devices stay: another process may be making them now. The namespace's own folder goes if nothing is left in it.
 *
 * @param readExisting returns the indices of all links. It is called after the folders were listed: a device exists
 * before its folder does, so a device that is missing then is gone, and not about to be made. @default asks the
 * kernel
 */
export function removeStaleDirectories(readExisting: () => ReadonlySet<number> = readLinkIndices): number[] {
  const own = networkNamespaceCookie();
  const namespaces = namespaceFolders().filter(({ cookie }) => cookie === own);
  const folders = namespaces.flatMap(({ path }) =>
    (attempt(() => readdirSync(path)) ?? []).map((name) => ({ path, name })),
  );
  const existing = readExisting();
  const removed = folders.flatMap(({ path, name }) => {
    const folder = join(path, name);
    const reason = attempt(() => staleness(folder, name, existing));
    if (reason === undefined) return [];
    attempt(() => remove({ path: folder, reason }));
    return [Number.parseInt(name, 10)];
  });
  // A process that is making the first device's folder in it makes it again.
  for (const { path } of namespaces) attempt(() => rmdirSync(path));
  return removed;
}

/** Removes the folders of network namespaces that are gone with all their devices: no process of theirs does it. */
export function removeGoneNamespaces(): void {
  const own = networkNamespaceCookie();
  for (const { path, cookie } of namespaceFolders()) {
    if (cookie === own) continue;
    const names = attempt(() => readdirSync(path)) ?? [];
    const gone = names.filter(
      (name) => attempt(() => staleness(join(path, name), name, cookie)) === 'namespace-gone',
    );
    for (const name of gone) attempt(() => removeFolder(join(path, name)));
    if (gone.length > 0) attempt(() => rmdirSync(path));
  }
}

/** Removes the folders of the network namespace with `cookie`. No device may be in it any more. */
export function removeNamespaceDirectory(cookie: string): void {
  for (const { path } of namespaceFolders().filter((folder) => folder.cookie === cookie)) {
    const names = attempt(() => readdirSync(path)) ?? [];
    for (const name of names) if (DEVICE_FOLDER.test(name)) attempt(() => removeFolder(join(path, name)));
    attempt(() => rmdirSync(path));
  }
}

/** The folders of all network namespaces in all runtime directories. */
function namespaceFolders(): { readonly path: string; readonly cookie: string }[] {
  return runtimeRoots()
    .filter(isTrustedFolder)
    .flatMap((root) => {
      const cookies = (attempt(() => readdirSync(root)) ?? []).filter((name) => /^\d+$/.test(name));
      return cookies.map((cookie) => ({ path: join(root, cookie), cookie }));
    })
    .filter(({ path }) => isTrustedFolder(path));
}

function readLinkIndices(): ReadonlySet<number> {
  using links = Links.open();
  return new Set(links.list().map(({ index }) => index));
}

/** What is of no use of the device folder `path`: the folder, or a dead holder's socket in it. */
function leftoverOf(path: string, name: string, namespace: Namespace): Leftover[] {
  const reason = staleness(path, name, namespace);
  if (reason !== undefined) return [{ path, reason }];
  const isDeviceFolder = DEVICE_FOLDER.test(name) && isFolder(path);
  if (!isDeviceFolder || !hasDeadSocket(path)) return [];
  return [{ path: join(path, HOLDER_SOCKET), reason: 'holder-died' }];
}

/** Of this network namespace, the indices of all its links. Of another one, its cookie. */
type Namespace = ReadonlySet<number> | string;

/** Why the whole folder `path` is of no use; undefined while it may be of use, or when it is no device's folder. */
function staleness(
  path: string,
  name: string,
  namespace: Namespace,
): 'device-gone' | 'earlier-boot' | 'namespace-gone' | undefined {
  const [, index, suffix] = DEVICE_FOLDER.exec(name) ?? [];
  if (index === undefined || !isFolder(path)) return undefined;
  const mayExist = typeof namespace === 'string' || namespace.has(Number(index));
  // A device that moved to another namespace may have readers that still count in this folder.
  if (!mayExist && !isCountedIn(path)) return 'device-gone';
  // A folder that is being made has no boot id yet.
  if (suffix !== undefined) return undefined;
  if (!isOfThisBoot(path) && !isCountedIn(path)) return 'earlier-boot';
  if (typeof namespace === 'string' && !isCountedIn(path) && isNamespaceOfRecordGone(path, namespace))
    return 'namespace-gone';
  return undefined;
}

function remove({ path, reason }: Leftover): void {
  if (reason === 'device-gone' || reason === 'namespace-gone') removeFolder(path);
  else if (reason === 'earlier-boot') removeEarlierBoot(path);
  else if (reason === 'holder-died') removeDeadSocket(dirname(path));
  else rmdirSync(path);
}

/** Undefined when the action is refused: another process may be removing the same, or this user may not. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return undefined;
  }
}
