import koffi from 'koffi';
import { POINTER_BYTES } from './platform.js';

const libc = koffi.load(null);
const getpwnam = libc.func('void *getpwnam(const char *name)') as (name: string) => bigint | null;
const getpwuid = libc.func('void *getpwuid(uint uid)') as (uid: number) => bigint | null;
const getgrnam = libc.func('void *getgrnam(const char *name)') as (name: string) => bigint | null;
const getgrgid = libc.func('void *getgrgid(uint gid)') as (gid: number) => bigint | null;

// Source: <pwd.h>, struct passwd, and <grp.h>, struct group: both begin char *name, char *password, id.
const NAME_OFFSET = 0;

/** Returns the offset of the number in either struct, for a pointer width of 4 or 8 bytes. */
export function accountIdOffset(pointerBytes: number): number {
  return 2 * pointerBytes;
}

function idOf(entry: bigint | null): number | undefined {
  return entry === null ? undefined : koffi.decode(entry, accountIdOffset(POINTER_BYTES), 'uint');
}

function nameOf(entry: bigint | null): string | undefined {
  return entry === null ? undefined : koffi.decode(entry, NAME_OFFSET, 'const char *');
}

/**
 * Returns the uid of the user `name`, from whatever source nsswitch.conf names; undefined if there is none.
 * getpwnam(3).
 */
export function userId(name: string): number | undefined {
  return idOf(getpwnam(name));
}

/** Returns the gid of the group `name`; undefined if there is none. getgrnam(3). */
export function groupId(name: string): number | undefined {
  return idOf(getgrnam(name));
}

/** Returns the name of the user `uid`; undefined if it has no account. getpwuid(3). */
export function userName(uid: number): string | undefined {
  return nameOf(getpwuid(uid));
}

/** Returns the name of the group `gid`; undefined if it has none. getgrgid(3). */
export function groupName(gid: number): string | undefined {
  return nameOf(getgrgid(gid));
}
