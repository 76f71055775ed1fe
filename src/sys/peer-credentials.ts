import { Descriptor } from './descriptor.js';
import { errnoOf } from './errno.js';
import { c, type Purpose, unchecked } from './libc.js';
import { ARCHITECTURE, LITTLE_ENDIAN } from './platform.js';
import { readSocketOption, SOL_SOCKET } from './socket.js';

// Source: include/uapi/asm-generic/socket.h
const SO_PEERGROUPS = 59;
const SO_PEERPIDFD = 77;

// Source: include/linux/socket.h, struct ucred. Bytes.
const UCRED_PID = 0; // __u32
const UCRED_UID = 4; // __u32
const UCRED_GID = 8; // __u32
const UCRED_SIZE = 12;

const GROUP_BYTES = 4;
/** Most groups that a process may have: NGROUPS_MAX. */
const GROUPS_MAX = 65_536;
/** Enough for most users. */
const GROUPS_USUAL = 64;

/**
 * Returns SO_PEERCRED of a processor, in Node's spelling. Source: arch/powerpc/include/uapi/asm/socket.h and
 * include/uapi/asm-generic/socket.h.
 */
export function peerCredentialsOption(architecture: string): number {
  return /^ppc/.test(architecture) ? 21 : 17;
}

/** The process at the other end of a Unix socket, as it was when it connected or listened. unix(7). */
export interface PeerCredentials {
  /** 0 for a process in a PID namespace that this process does not see. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the credentials of the process at the other end of the connected Unix socket `fd`. Throws a SystemError.
 */
export function readPeerCredentials(fd: number, purpose: Purpose): PeerCredentials {
  const option = [SOL_SOCKET, peerCredentialsOption(ARCHITECTURE), 'SO_PEERCRED'] as const;
  const view = readSocketOption(fd, option, UCRED_SIZE, purpose);
  const word = (at: number) => view.getUint32(at, LITTLE_ENDIAN);
  return { pid: word(UCRED_PID), uid: word(UCRED_UID), gid: word(UCRED_GID) };
}

/**
 * Returns the supplementary groups of the process at the other end; none if the kernel does not tell (before Linux
 * 4.13).
 */
export function readPeerGroups(fd: number): number[] {
  for (const groupsMax of [GROUPS_USUAL, GROUPS_MAX]) {
    const value = new Uint8Array(groupsMax * GROUP_BYTES);
    const length = lengthBytes(value.length);
    const result = unchecked(() => c.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, value, length));
    if (result === -errnoOf('ERANGE')) continue;
    if (result < 0) return [];
    const count = new DataView(length.buffer).getInt32(0, LITTLE_ENDIAN) / GROUP_BYTES;
    return [...new Uint32Array(value.buffer, 0, count)];
  }
  return [];
}

/**
 * Opens a pidfd of the process at the other end, also of one in another PID namespace. Returns `gone` if the process has ended, and
 * `unknown` if the kernel does not tell (before Linux 6.5).
 */
export function openPeerProcess(fd: number): Descriptor | 'gone' | 'unknown' {
  const value = new Int32Array(1);
  const length = lengthBytes(value.byteLength);
  const bytes = new Uint8Array(value.buffer);
  const result = unchecked(() => c.getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, bytes, length));
  if (result >= 0) return new Descriptor(value[0]!);
  return result === -errnoOf('ENOPROTOOPT') ? 'unknown' : 'gone';
}

function lengthBytes(length: number): Uint8Array {
  return new Uint8Array(Int32Array.of(length).buffer);
}
