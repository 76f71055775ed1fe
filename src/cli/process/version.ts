import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { UnavailableError } from '../../errors.js';
import { liburing } from '../../sys/liburing.js';
import { packageVersion } from './package-version.js';

/** `rtap 0.1.0` and what it runs on, one a line. */
export function describeVersions(): string {
  return [
    `rtap ${packageVersion()}`,
    `Node ${process.version}`,
    `Linux ${release()}`,
    `liburing ${liburingVersion()}`,
  ].join('\n');
}

/** `missing` where there is none. Releases before 2.4 do not tell; their file's name often does. */
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
