import { lstatSync, readdirSync, rmdirSync } from 'node:fs';
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
import { isTrustedFolder } from '../state/trusted-folder.js';

/** Why something of the runtime directory is of no use any more. */
export type LeftoverReason = 'device-gone' | 'namespace-gone' | 'earlier-boot' | 'holder-died' | 'empty';

/** What a device, a holder or a namespace left that is gone. */
export interface Leftover {
  readonly path: string;
  readonly reason: LeftoverReason;
}

/**
 * What is of no use any more in the runtime directories. Devices of other network namespaces cannot be seen from here: of theirs
 * only what is older than the machine's last start, and what namespaces left that are gone themselves.
 */
export function findLeftovers(): Leftover[] {
  const own = networkNamespaceCookie();
  const folders = runtimeRoots().flatMap(namespaceFolders);
  const entries = folders.flatMap(({ path, cookie }) => {
    const names = attempt(() => readdirSync(path));
    return names === undefined ? [] : [{ path, cookie, names }];
  });
  // Read after the folders: a device is there before its folder is.
  using links = Links.open();
  const existing = new Set(links.list().map(({ index }) => index));
  return entries.flatMap(({ path, cookie, names }): Leftover[] => {
    if (names.length === 0) return [{ path, reason: 'empty' }];
    return names.flatMap((name) => {
      const reason = attempt(() => reasonOf(join(path, name), name, cookie === own ? existing : cookie));
      if (reason === undefined) return [];
      return [
        { path: reason === 'holder-died' ? join(path, name, HOLDER_SOCKET) : join(path, name), reason },
      ];
    });
  });
}

/** Removes them where this user may; returns those that are gone. */
export function removeLeftovers(): Leftover[] {
  const leftovers = findLeftovers();
  for (const leftover of leftovers) attempt(() => remove(leftover));
  // The last device's goes with its namespace's folder; the root may be one that somebody made.
  for (const { path, reason } of leftovers)
    if (reason !== 'holder-died' && reason !== 'empty') attempt(() => rmdirSync(dirname(path)));
  return leftovers.filter(({ path }) => lstatSync(path, { throwIfNoEntry: false }) === undefined);
}

/** Removes what namespaces left that are gone, devices and all: nobody comes by there to do it. */
export function removeGoneNamespaces(): void {
  const own = networkNamespaceCookie();
  for (const { path, cookie } of runtimeRoots().flatMap(namespaceFolders)) {
    if (cookie === own) continue;
    const names = attempt(() => readdirSync(path)) ?? [];
    const gone = names.filter(
      (name) => attempt(() => reasonOf(join(path, name), name, cookie)) === 'namespace-gone',
    );
    for (const name of gone) attempt(() => removeFolder(join(path, name)));
    if (gone.length > 0) attempt(() => rmdirSync(path));
  }
}

function namespaceFolders(root: string): { readonly path: string; readonly cookie: string }[] {
  if (!isTrustedFolder(root)) return [];
  const cookies = (attempt(() => readdirSync(root)) ?? []).filter((name) => /^\d+$/.test(name));
  return cookies
    .map((cookie) => ({ path: join(root, cookie), cookie }))
    .filter(({ path }) => isTrustedFolder(path));
}

/** @param namespace the indices of all its links; of another one its cookie */
function reasonOf(
  path: string,
  name: string,
  namespace: ReadonlySet<number> | string,
): LeftoverReason | undefined {
  const [, index, suffix] = DEVICE_FOLDER.exec(name) ?? [];
  if (index === undefined || lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    return undefined;
  const isHere = typeof namespace === 'string' || namespace.has(Number(index));
  // Its device may have moved to another namespace, where its readers count in this folder still.
  if (!isHere && !isCountedIn(path)) return 'device-gone';
  // What is being made has no boot id yet.
  if (suffix !== undefined) return undefined;
  if (!isOfThisBoot(path) && !isCountedIn(path)) return 'earlier-boot';
  if (typeof namespace === 'string' && !isCountedIn(path) && isNamespaceOfRecordGone(path, namespace))
    return 'namespace-gone';
  return hasDeadSocket(path) ? 'holder-died' : undefined;
}

function remove({ path, reason }: Leftover): void {
  if (reason === 'device-gone' || reason === 'namespace-gone') removeFolder(path);
  else if (reason === 'earlier-boot') removeEarlierBoot(path);
  else if (reason === 'holder-died') removeDeadSocket(dirname(path));
  else rmdirSync(path);
}

/** Undefined where it could not be done: another process may be removing it, too, or this user may not. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return undefined;
  }
}
