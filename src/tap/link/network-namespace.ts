import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentTypeError, SystemError } from '../../errors.js';
import { systemError } from '../../sys/errno.js';
import {
  enterNetworkNamespace,
  networkNamespaceCookie,
  withinNetworkNamespace,
} from '../../sys/network-namespace.js';

/** Where ip-netns(8) keeps the namespaces that have a name. */
const NAMED = '/run/netns';

/** What the kernel's refusals mean here. */
const MEANINGS: Readonly<Record<string, (kind: NamespaceKind) => string>> = {
  ENOENT: (kind) => `there is no such ${kind === 'file' ? 'file' : 'network namespace'}`,
  ESRCH: () => 'there is no such process',
  EINVAL: () => 'it is not a network namespace',
};

type NamespaceKind = 'name' | 'process' | 'file';

/**
 * Moves this process into the network namespace that `--netns` names: as ip(8) does by the name of a namespace, else by
 * the id of a process; by a path where there is a slash in it. Call it before anything else is opened.
 *
 * Throws a TypeError for no name at all, else what the kernel refuses.
 */
export function enterNamedNamespace(name: string): void {
  if (name === '')
    throw new ArgumentTypeError(
      'cannot use "" as a network namespace: a name, a process id or a path is wanted',
    );
  const { path, kind } = locate(name);
  try {
    enterNetworkNamespace(path, { action: 'enter', object: name });
  } catch (error) {
    throw explain(error, name, kind);
  }
}

/** What `run` returns, with this process in the network namespace `name` meanwhile, which is named as in `--netns`. */
export function withinNamedNamespace<T>(name: string, run: () => T): T {
  return withinNetworkNamespace(() => enterNamedNamespace(name), run);
}

/** What no other network namespace than the one that this process is in now is known by. */
export function presentNamespace(): string {
  return networkNamespaceCookie();
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
  return systemError({
    action: 'enter',
    object: name,
    errno: error.errno,
    code: error.code,
    syscall: error.syscall,
    detail: MEANINGS[meant]?.(kind) ?? error.detail,
    reason: 'namespace-unreachable',
    cause: error,
  });
}
