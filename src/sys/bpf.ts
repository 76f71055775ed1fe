import type { SystemError } from '../errors.js';
import { Descriptor } from './descriptor.js';
import { callError, errnoName, errnoOf, systemError, unavailableError } from './errno.js';
import { c, checked, type Purpose, unchecked } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { ARCHITECTURE, LITTLE_ENDIAN } from './platform.js';

// Source: include/uapi/linux/bpf.h
const BPF_PROG_LOAD = 5;
const BPF_PROG_GET_FD_BY_ID = 13;
const BPF_OBJ_GET_INFO_BY_FD = 15;
const BPF_PROG_TYPE_SOCKET_FILTER = 1;
const BPF_OBJ_NAME_LEN = 16;

// Source: include/uapi/linux/bpf.h, union bpf_attr for BPF_PROG_LOAD, up to the name. Bytes.
const PROG_TYPE = 0; //    __u32
const INSN_CNT = 4; //     __u32
const INSNS = 8; //        __aligned_u64
const LICENSE = 16; //     __aligned_u64
const LOG_LEVEL = 24; //   __u32
const LOG_SIZE = 28; //    __u32
const LOG_BUF = 32; //     __aligned_u64
const PROG_NAME = 48; //   char[BPF_OBJ_NAME_LEN]
const LOAD_ATTRIBUTE_SIZE = PROG_NAME + BPF_OBJ_NAME_LEN;

// Source: include/uapi/linux/bpf.h, union bpf_attr for BPF_OBJ_GET_INFO_BY_FD and BPF_PROG_GET_FD_BY_ID. Bytes.
const INFO_BPF_FD = 0; //  __u32
const INFO_LEN = 4; //     __u32
const INFO = 8; //         __aligned_u64
const PROG_ID = 0; //      __u32

/** The whole part of the union that these commands read. */
const QUERY_ATTRIBUTE_SIZE = 16;

// Source: include/uapi/linux/bpf.h, struct bpf_prog_info. Bytes.
const PROG_INFO_ID = 4; // __u32

/** The kernel fills as much of the struct as there is room for. */
const PROG_INFO_BYTES = 8;

// Source: include/uapi/linux/bpf.h, struct bpf_insn. Bytes.
const BPF_INSN_SIZE = 8;

/** A licence that the kernel takes for compatible with its own. */
const LICENCE_TEXT = 'Dual MIT/GPL\0';
/** Room for the whole log of the verifier. A page of it takes memory only when the kernel writes there. Bytes. */
const LOG_BYTES = 16 * 1024 * 1024;
/** Lines at the end of the verifier's log that describe the fault. */
const LOG_LINES = 3;

const encoder = new TextEncoder();
const EPERM = errnoOf('EPERM');
const ENOSYS = errnoOf('ENOSYS');
const ENOENT = errnoOf('ENOENT');

/** Numbers of bpf(2), by the processor in Node's spelling. All others use the generic table. */
const NUMBERS: Readonly<Record<string, number>> = {
  x64: 321,
  ia32: 357,
  arm: 386,
  ppc: 361,
  ppc64: 361,
  s390: 351,
  s390x: 351,
  mips: 4355,
  mipsel: 4355,
  mips64el: 5315,
};
const GENERIC_NUMBER = 280;

/** Returns the number of bpf(2). Source: arch/…/syscall.tbl and include/uapi/asm-generic/unistd.h. */
export function bpfSyscallNumber(architecture: string): number {
  return NUMBERS[architecture] ?? GENERIC_NUMBER;
}

const BPF_SYSCALL = bpfSyscallNumber(ARCHITECTURE);

/**
 * Loads `instructions` (struct bpf_insn, one after the other) as an eBPF program of the socket filter type. Returns its descriptor.
 * bpf(2).
 *
 * Throws a SystemError: with reason `bpf-denied` without the right, with `program-refused` and the end of the verifier's log if the
 * kernel does not accept the program. Throws an UnavailableError if the kernel has no bpf(2).
 *
 * @param name what bpftool(8) calls it: at most 15 letters, digits, dots and underscores
 */
export function loadSocketFilter(instructions: Uint8Array, name: string, purpose: Purpose): Descriptor {
  using code = MappedMemory.anonymous(instructions.length);
  code.bytes.set(instructions);
  const result = attemptLoad(code, instructions.length, name);
  if (result >= 0) return new Descriptor(result);
  if (result === -EPERM || result === -ENOSYS) throw loadDenied(-result, purpose);
  using log = MappedMemory.anonymousOnDemand(LOG_BYTES);
  const repeated = attemptLoad(code, instructions.length, name, log);
  if (repeated >= 0) return new Descriptor(repeated);
  throw programRefused(-result, lastLines(log.bytes), purpose);
}

/** Returns a descriptor, or a negative errno. */
function attemptLoad(code: MappedMemory, byteCount: number, name: string, log?: MappedMemory): number {
  using licence = MappedMemory.anonymous(LICENCE_TEXT.length);
  licence.bytes.set(encoder.encode(LICENCE_TEXT));
  const attribute = new DataView(new ArrayBuffer(LOAD_ATTRIBUTE_SIZE));
  attribute.setUint32(PROG_TYPE, BPF_PROG_TYPE_SOCKET_FILTER, LITTLE_ENDIAN);
  attribute.setUint32(INSN_CNT, byteCount / BPF_INSN_SIZE, LITTLE_ENDIAN);
  attribute.setBigUint64(INSNS, BigInt(code.address), LITTLE_ENDIAN);
  attribute.setBigUint64(LICENSE, BigInt(licence.address), LITTLE_ENDIAN);
  if (log !== undefined) {
    attribute.setUint32(LOG_LEVEL, 1, LITTLE_ENDIAN);
    attribute.setUint32(LOG_SIZE, LOG_BYTES, LITTLE_ENDIAN);
    attribute.setBigUint64(LOG_BUF, BigInt(log.address), LITTLE_ENDIAN);
  }
  new Uint8Array(attribute.buffer).set(encoder.encode(name).subarray(0, BPF_OBJ_NAME_LEN - 1), PROG_NAME);
  return unchecked(() => bpf(BPF_PROG_LOAD, attribute));
}

/** Returns the number by which the kernel knows the program of `fd`. It is not used again for a very long time. */
export function programIdOf(fd: number, purpose: Purpose): number {
  using info = MappedMemory.anonymous(PROG_INFO_BYTES);
  const attribute = new DataView(new ArrayBuffer(QUERY_ATTRIBUTE_SIZE));
  attribute.setUint32(INFO_BPF_FD, fd, LITTLE_ENDIAN);
  attribute.setUint32(INFO_LEN, PROG_INFO_BYTES, LITTLE_ENDIAN);
  attribute.setBigUint64(INFO, BigInt(info.address), LITTLE_ENDIAN);
  checked(purpose, 'bpf(BPF_OBJ_GET_INFO_BY_FD)', () => bpf(BPF_OBJ_GET_INFO_BY_FD, attribute));
  return new DataView(info.bytes.buffer, info.bytes.byteOffset).getUint32(PROG_INFO_ID, LITTLE_ENDIAN);
}

/** Returns whether the kernel still has the program `id`. Returns undefined if this process may not know it: CAP_SYS_ADMIN. */
export function isProgramLoaded(id: number): boolean | undefined {
  const attribute = new DataView(new ArrayBuffer(QUERY_ATTRIBUTE_SIZE));
  attribute.setUint32(PROG_ID, id, LITTLE_ENDIAN);
  const result = unchecked(() => bpf(BPF_PROG_GET_FD_BY_ID, attribute));
  if (result < 0) return result === -ENOENT ? false : undefined;
  new Descriptor(result)[Symbol.dispose]();
  return true;
}

function bpf(command: number, attribute: DataView<ArrayBuffer>): number {
  return Number(c.syscall(BPF_SYSCALL, command, new Uint8Array(attribute.buffer), attribute.byteLength));
}

const SYSCALL = 'bpf(BPF_PROG_LOAD)';

function loadDenied(errno: number, purpose: Purpose): SystemError {
  const failure = { ...purpose, errno, code: errnoName(errno), syscall: SYSCALL };
  return errno === ENOSYS
    ? unavailableError('bpf', { ...failure, detail: 'this kernel has no bpf(2)' })
    : systemError({ ...failure, reason: 'bpf-denied' });
}

function programRefused(errno: number, log: string, purpose: Purpose): SystemError {
  if (log === '') return callError(purpose, SYSCALL, errno);
  const code = errnoName(errno);
  const detail = `the kernel's verifier refuses the program (${code}): ${log}`;
  return systemError({ ...purpose, errno, code, syscall: SYSCALL, detail, reason: 'program-refused' });
}

/** The last lines of the log, on one line, without the figures at its end. */
function lastLines(log: Uint8Array): string {
  const text = new TextDecoder().decode(log.subarray(0, log.indexOf(0)));
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('processed '))
    .slice(-LOG_LINES)
    .join('; ');
}
