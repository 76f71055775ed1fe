import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterNewNetworkNamespace, networkNamespaceCookie } from '../../src/sys/network-namespace.js';

/** The folders of a test file. They are removed when its process ends. */
export interface Workspace {
  /** For captures and other files. */
  readonly directory: string;
  /** RTAP_RUNTIME_DIR of this process and of those that it starts. */
  readonly runtime: string;
}

/**
 * Moves this process into a network namespace of its own and gives it a runtime directory of its own. The namespace has no IPv6,
 * so that the kernel sends nothing by itself.
 */
export function enterWorkspace(): Workspace {
  enterNewNetworkNamespace();
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
  const directory = mkdtempSync(join(tmpdir(), 'rtap-test-'));
  // Commands that run as another user need to read it.
  chmodSync(directory, 0o755);
  const runtime = join(directory, 'run');
  process.env.RTAP_RUNTIME_DIR = runtime;
  // A NODE_OPTIONS of the user's shell would change what rtap prints.
  delete process.env.NODE_OPTIONS;
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return { directory, runtime };
}

/** The runtime folder of the device with index `ifindex`. */
export function deviceFolder({ runtime }: Workspace, ifindex: number): string {
  return join(runtime, networkNamespaceCookie(), String(ifindex));
}

/** The entries of the runtime directory: none if every device is gone. */
export function runtimeEntries({ runtime }: Workspace): string[] {
  return existsSync(runtime) ? readdirSync(runtime, { recursive: true }).map(String).sort() : [];
}
