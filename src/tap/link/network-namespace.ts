import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentTypeError, SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import type { Purpose } from '../../sys/libc.js';
import { type NamespaceNumbers, presentNamespaceNumbers } from '../../sys/namespace-handle.js';
import {
  enterNetworkNamespace,
  enterOpenNamespace,
  networkNamespaceCookie,
  openPresentNamespace,
  withinNetworkNamespace,
} from '../../sys/network-namespace.js';

/** Where ip-netns(8) puts the namespaces that have names. */
const NAMED = '/run/netns';

/** What an errno of the kernel means for a namespace that is named in this way. */
const MEANINGS: Readonly<Record<string, (kind: NamespaceKind) => string>> = {
  ENOENT: (kind) => `there is no such ${kind === 'file' ? 'file' : 'network namespace'}`,
  ESRCH: () => 'there is no such process',
  EINVAL: () => 'it is not a network namespace',
};

type NamespaceKind = 'name' | 'process' | 'file';

/**
 * Moves this thread into the network namespace that `--netns` names. A name with a slash is a path. Any other is
 * looked for among the named namespaces, as ip(8) does, and then taken as the id of a process. Must be called before
 * sockets are opened, since they stay in the namespace in which they were opened.
 *
 * Throws a TypeError for an empty name, and a SystemError when the kernel refuses.
 */
export function enterNamedNamespace(name: string): void {
  if (name === '')
    throw new ArgumentTypeError('cannot use "" as a network namespace: give a name, a process id or a path');
  const { path, kind } = locate(name);
  try {
    enterNetworkNamespace(path, { action: 'enter', object: name });
  } catch (error) {
    throw explain(error, name, kind);
  }
}

/**
 * Runs `run` with this thread in the network namespace that `name` names, as in `--netns`. Returns what `run`
 * returns.
 */
export function withinNamedNamespace<T>(name: string, run: () => T): T {
  return withinNetworkNamespace(() => enterNamedNamespace(name), run);
}

const RETURN = { action: 'return to', object: 'network namespace' };

/** The network namespace that this thread is in when the object is made. It exists at least as long as the object. */
export class NamespaceAnchor implements Disposable {
  readonly #file = openPresentNamespace(RETURN);

  /** Moves this thread into it. Makes no call if the thread is there already. Throws a SystemError if the kernel refuses. */
  enter(): void {
    try {
      enterOpenNamespace(this.#file, RETURN);
    } catch (error) {
      throw error instanceof SystemError ? unreachable(error, RETURN, error.detail) : error;
    }
  }

  /** Runs `run` with this thread in it. Returns what `run` returns. */
  within<T>(run: () => T): T {
    return withinNetworkNamespace(() => this.enter(), run);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** An identifier of the network namespace that this thread is in. No other namespace ever has the same. */
export function presentNamespace(): string {
  return networkNamespaceCookie();
}

export type { NamespaceNumbers };

/** Returns what identifies the network namespace that this thread is in, also for other processes, while the machine is up. */
export function identifyPresentNamespace(): NamespaceNumbers {
  return presentNamespaceNumbers();
}

/**
 * Finds a path by which the network namespace with `numbers` can be entered: one of `paths`, or that of a process in it, whichever
 * process that is. Returns undefined if there is none that this user may enter. A namespace that only a descriptor or a mount in
 * another place keeps is not found.
 */
export function findNamespacePath(
  numbers: NamespaceNumbers,
  paths: readonly string[] = [],
): string | undefined {
  const given = paths.find((path) => isNamespaceAt(path, numbers));
  if (given !== undefined) return given;
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map((pid) => `/proc/${pid}/ns/net`).find((path) => isNamespaceAt(path, numbers));
}

/** The inode tells most others apart without entering them. It can have belonged to an earlier namespace, so the cookie decides. */
function isNamespaceAt(path: string, { inode, cookie }: NamespaceNumbers): boolean {
  try {
    return statSync(path).ino === inode && withinNamedNamespace(path, presentNamespace) === cookie;
  } catch (error) {
    // It has ended meanwhile, or belongs to another user.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function locate(name: string): { readonly path: string; readonly kind: NamespaceKind } {
  if (name.includes('/')) return { path: name, kind: 'file' };
  const path = join(NAMED, name);
  if (/^\d+$/.test(name) && !existsSync(path)) return { path: `/proc/${name}/ns/net`, kind: 'process' };
  return { path, kind: 'name' };
}

function explain(error: unknown, name: string, kind: NamespaceKind): unknown {
  if (!(error instanceof SystemError)) return error;
  const meant = kind === 'process' && error.code === 'ENOENT' ? 'ESRCH' : error.code;
  return unreachable(error, { action: 'enter', object: name }, MEANINGS[meant]?.(kind) ?? error.detail);
}

function unreachable(error: SystemError, purpose: Purpose, detail: string): SystemError {
  const { errno, code, syscall } = error;
  return systemError({
    ...purpose,
    errno,
    code,
    syscall,
    detail,
    reason: 'namespace-unreachable',
    cause: error,
  });
}
