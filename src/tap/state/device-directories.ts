import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { networkNamespaceCookie } from '../../sys/network-namespace.js';
import { isOfThisBoot, runtimeRoots } from './runtime-directory.js';
import { isFolder, isTrustedFolder } from './trusted-folder.js';

/**
 * The folders of all devices of one network namespace, as they were at one moment. It is for a list of many devices,
 * most of which may have none: it reads each namespace's folder once. `findDeviceDirectory` looks for the folder of
 * one device.
 */
export class DeviceDirectories {
  /**
   * The namespace's folders, the preferred one first, and the names in each. Undefined for a folder that cannot be
   * listed.
   */
  readonly #namespaces: ReadonlyMap<string, ReadonlySet<string> | undefined>;

  private constructor(namespaces: ReadonlyMap<string, ReadonlySet<string> | undefined>) {
    this.#namespaces = namespaces;
  }

  /** Reads the folders of the network namespace that this thread is in. */
  static read(): DeviceDirectories {
    const cookie = networkNamespaceCookie();
    const paths = runtimeRoots()
      .filter(isTrustedFolder)
      .map((root) => join(root, cookie))
      .filter(isTrustedFolder);
    return new DeviceDirectories(new Map(paths.map((path) => [path, namesIn(path)])));
  }

  /** The folder of the device with index `ifindex`, or undefined when it has none. */
  find(ifindex: number): string | undefined {
    const name = String(ifindex);
    for (const [namespace, names] of this.#namespaces) {
      if (names?.has(name) === false) continue;
      const path = join(namespace, name);
      if (isFolder(path) && isOfThisBoot(path)) return path;
    }
    return undefined;
  }
}

/** Undefined for a folder that this user may enter and not list. */
function namesIn(path: string): ReadonlySet<string> | undefined {
  try {
    return new Set(readdirSync(path));
  } catch {
    return undefined;
  }
}
