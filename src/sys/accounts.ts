import koffi from 'koffi';
import { POINTER_BYTES } from './platform.js';

const libc = koffi.load(null);
const getpwnam = libc.func('void *getpwnam(const char *name)') as (name: string) => bigint | null;
const getpwuid = libc.func('void *getpwuid(uint uid)') as (uid: number) => bigint | null;
const getgrnam = libc.func('void *getgrnam(const char *name)') as (name: string) => bigint | null;
const getgrgid = libc.func('void *getgrgid(uint gid)') as (gid: number) => bigint | null;

// Source: <pwd.h>, struct passwd, and <grp.h>, struct group: both begin char *name, char *password, id.
const NAME_OFFSET = 0;

/** Where the number lies in either, for a pointer width of 4 or 8 bytes. */
export function accountIdOffset(pointerBytes: number): number {
  return 2 * pointerBytes;
}

function idOf(entry: bigint | null): number | undefined {
  return entry === null ? undefined : koffi.decode(entry, accountIdOffset(POINTER_BYTES), 'uint');
}

function nameOf(entry: bigint | null): string | undefined {
  return entry === null ? undefined : koffi.decode(entry, NAME_OFFSET, 'const char *');
}

/** Number of the user called `name`, wherever accounts come from (nsswitch.conf); undefined when there is none. */
export function userId(name: string): number | undefined {
  return idOf(getpwnam(name));
}

export function groupId(name: string): number | undefined {
  return idOf(getgrnam(name));
}

/** Name of a user; undefined for a number without an account. */
export function userName(uid: number): string | undefined {
  return nameOf(getpwuid(uid));
}

export function groupName(gid: number): string | undefined {
  return nameOf(getgrgid(gid));
}
