import { ArgumentRangeError } from '../errors.js';
import { LITTLE_ENDIAN } from './platform.js';
import { AF_UNIX } from './socket.js';

// Source: include/uapi/linux/un.h, struct sockaddr_un. Bytes.
const SUN_FAMILY = 0; // __kernel_sa_family_t
const SUN_PATH = 2; //   char[UNIX_PATH_MAX]
const UNIX_PATH_MAX = 108;

/**
 * Encodes a struct sockaddr_un for `path`, at most 107 bytes. A path that begins with `@` is abstract, as in
 * sd_notify(3). Throws a RangeError for a longer path: use a directory's descriptor (`throughDirectory`).
 */
export function encodeUnixAddress(path: string): Uint8Array {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length >= UNIX_PATH_MAX) {
    throw new ArgumentRangeError(
      `cannot use socket "${path}": its path has ${bytes.length} bytes, at most 107 are possible`,
    );
  }
  const abstract = bytes[0] === '@'.charCodeAt(0);
  // An abstract name ends where the address ends. A path ends with a NUL.
  const address = new Uint8Array(SUN_PATH + bytes.length + (abstract ? 0 : 1));
  new DataView(address.buffer).setUint16(SUN_FAMILY, AF_UNIX, LITTLE_ENDIAN);
  address.set(bytes, SUN_PATH);
  if (abstract) address[SUN_PATH] = 0;
  return address;
}

/** Returns a short path to `name` in the folder behind the descriptor `directory` of this process. */
export function throughDirectory(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}
