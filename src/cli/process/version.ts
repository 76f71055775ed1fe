import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { UnavailableError } from '../../errors.js';
import { liburing } from '../../sys/liburing.js';
import { packageVersion } from './package-version.js';

/** The versions of rtap and of what it runs on. */
export interface Versions {
  readonly rtap: string;
  readonly node: string;
  readonly kernel: string;
  /** `missing` if the library does not load. */
  readonly liburing: string;
}

/** Returns the versions, as `rtap --version --json` prints them. */
export function readVersions(): Versions {
  return {
    rtap: packageVersion(),
    node: process.versions.node,
    kernel: release(),
    liburing: liburingVersion(),
  };
}

/** Returns the versions, one a line, as `rtap --version` prints them. */
export function describeVersions(): string {
  const { rtap, node, kernel, liburing } = readVersions();
  return [`rtap ${rtap}`, `Node v${node}`, `Linux ${kernel}`, `liburing ${liburing}`].join('\n');
}

/**
 * Returns the version of liburing; `missing` if the library does not load. Releases before 2.4 do not tell their version,
 * but often their file name does.
 */
export function liburingVersion(): string {
  try {
    const { version } = liburing();
    return version === '' ? (versionInMaps() ?? '2.0 to 2.3') : version;
  } catch (error) {
    if (error instanceof UnavailableError) return 'missing';
    throw error;
  }
}

/** `liburing.so.2.3` is what the loader mapped on Debian 12. */
function versionInMaps(): string | undefined {
  return /\/liburing\.so\.(\d+\.\d+)/.exec(readFileSync('/proc/self/maps', 'latin1'))?.[1];
}
