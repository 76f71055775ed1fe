import koffi, { type LibraryHandle } from 'koffi';
import type { Facility, SystemError } from '../errors.js';
import { errnoName, systemError, unavailableError } from './errno.js';
import { POINTER_BYTES } from './platform.js';
import { layoutStruct, type StructFields } from './struct-layout.js';

/** The shared object's name since liburing 2.0. */
export const LIBURING_SONAME = 'liburing.so.2';

// Source: liburing.h, struct io_uring_sq, struct io_uring_cq, struct io_uring (the same from 2.0 to 2.15).
const IO_URING_FIELDS: StructFields = [
  ['sq.khead', 'pointer'],
  ['sq.ktail', 'pointer'],
  ['sq.kring_mask', 'pointer'],
  ['sq.kring_entries', 'pointer'],
  ['sq.kflags', 'pointer'],
  ['sq.kdropped', 'pointer'],
  ['sq.array', 'pointer'],
  ['sq.sqes', 'pointer'],
  ['sq.sqe_head', 'unsigned'],
  ['sq.sqe_tail', 'unsigned'],
  ['sq.ring_sz', 'size_t'],
  ['sq.ring_ptr', 'pointer'],
  ['sq.ring_mask', 'unsigned'],
  ['sq.ring_entries', 'unsigned'],
  ['sq.pad[0]', 'unsigned'],
  ['sq.pad[1]', 'unsigned'],
  ['cq.khead', 'pointer'],
  ['cq.ktail', 'pointer'],
  ['cq.kring_mask', 'pointer'],
  ['cq.kring_entries', 'pointer'],
  ['cq.kflags', 'pointer'],
  ['cq.koverflow', 'pointer'],
  ['cq.cqes', 'pointer'],
  ['cq.ring_sz', 'size_t'],
  ['cq.ring_ptr', 'pointer'],
  ['cq.ring_mask', 'unsigned'],
  ['cq.ring_entries', 'unsigned'],
  ['cq.pad[0]', 'unsigned'],
  ['cq.pad[1]', 'unsigned'],
  ['flags', 'unsigned'],
  ['ring_fd', 'int'],
  ['features', 'unsigned'],
  ['enter_ring_fd', 'int'],
  ['int_flags', 'u8'],
  ['pad[0]', 'u8'],
  ['pad[1]', 'u8'],
  ['pad[2]', 'u8'],
  ['pad2', 'unsigned'],
];

/** Returns the layout of struct io_uring for a pointer width of 4 or 8 bytes. */
export function ioUringLayout(pointerBytes: number) {
  return layoutStruct(IO_URING_FIELDS, pointerBytes);
}

/** The layout of struct io_uring in this process. */
export const IO_URING = ioUringLayout(POINTER_BYTES);

/**
 * liburing's exported functions. `ring` is the address of a struct io_uring. Each returns a negative errno if the
 * kernel refuses: see io_uring_enter(2), io_uring_register(2), io_uring_setup(2).
 */
export interface Liburing {
  queueInit(entries: number, ring: bigint, flags: number): number;
  queueExit(ring: bigint): void;
  submit(ring: bigint): number;
  submitAndWait(ring: bigint, completions: number): number;
  registerBuffers(ring: bigint, iovecs: bigint, count: number): number;
  registerFiles(ring: bigint, descriptors: Int32Array, count: number): number;
  registerFilesUpdate(ring: bigint, offset: number, descriptors: Int32Array, count: number): number;
  unregisterFiles(ring: bigint): number;
  /** Undefined before liburing 2.2. */
  readonly registerBufferRing: ((ring: bigint, registration: bigint, flags: number) => number) | undefined;
  /** The release, for example `2.4`; '' before 2.4, which does not export it. */
  readonly version: string;
}

let loaded: Liburing | undefined;

/** Loads liburing once. Throws an UnavailableError if it is missing or too old. */
export function liburing(): Liburing {
  loaded ??= load();
  return loaded;
}

function load(): Liburing {
  try {
    return bind(koffi.load(LIBURING_SONAME));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const purpose = { action: 'load', object: LIBURING_SONAME };
    throw unavailableError('liburing', { ...purpose, code: 'ENOENT', syscall: 'dlopen', detail, cause });
  }
}

function bind(library: LibraryHandle): Liburing {
  const int = (definition: string) => library.func(`int ${definition}`) as (...args: unknown[]) => number;
  return {
    queueInit: int('io_uring_queue_init(uint entries, void *ring, uint flags)'),
    queueExit: library.func('void io_uring_queue_exit(void *ring)') as (ring: bigint) => void,
    submit: int('io_uring_submit(void *ring)'),
    submitAndWait: int('io_uring_submit_and_wait(void *ring, uint count)'),
    registerBuffers: int('io_uring_register_buffers(void *ring, void *iovecs, uint count)'),
    registerFiles: int('io_uring_register_files(void *ring, const int *descriptors, uint count)'),
    registerFilesUpdate: int(
      'io_uring_register_files_update(void *ring, uint offset, const int *descriptors, uint count)',
    ),
    unregisterFiles: int('io_uring_unregister_files(void *ring)'),
    registerBufferRing: probe(() =>
      int('io_uring_register_buf_ring(void *ring, void *registration, uint flags)'),
    ),
    version: libraryVersion(library),
  };
}

/** Returns undefined if this release lacks the symbol. */
function probe<T>(bindSymbol: () => T): T | undefined {
  try {
    return bindSymbol();
  } catch {
    return undefined;
  }
}

/** Returns the release from io_uring_major_version() and io_uring_minor_version(), which came with liburing 2.4. */
function libraryVersion(library: LibraryHandle): string {
  try {
    const major = library.func('int io_uring_major_version()') as () => number;
    const minor = library.func('int io_uring_minor_version()') as () => number;
    return `${major()}.${minor()}`;
  } catch {
    return '';
  }
}

/** Refusals to make a ring that come from the machine. Others come from this process (EMFILE) or its caller. */
const REFUSAL_FACILITIES: ReadonlyMap<string, Facility> = new Map([
  ['ENOSYS', 'io_uring'],
  ['EPERM', 'io_uring'],
  ['EACCES', 'io_uring'],
  ['ENOMEM', 'io_uring-memory'],
]);

/** Refusals to use a ring that come from a filter: the kernel itself answers otherwise once there is a ring. */
const FILTER_CODES: readonly string[] = ['ENOSYS', 'EPERM', 'EACCES'];

/** Whether a call for a ring that exists was refused with `errno` (positive) by a filter. */
export function isFiltered(errno: number): boolean {
  return FILTER_CODES.includes(errnoName(errno));
}

/** Makes the error for `syscall`, which a filter refuses with `errno` (positive) though it lets this process make a ring. */
export function callFiltered(syscall: 'io_uring_enter' | 'io_uring_register', errno: number): SystemError {
  const code = errnoName(errno);
  return unavailableError('io_uring', {
    action: 'use',
    object: 'io_uring',
    errno,
    code,
    syscall,
    detail: `a seccomp filter refuses ${syscall} with ${code}`,
    reason: 'call-filtered',
  });
}

/** Makes the error for a refusal to make a ring: an UnavailableError if io_uring is off or may not lock memory. */
export function ringRefused(errno: number): SystemError {
  const code = errnoName(errno);
  const failure = { action: 'create', object: 'io_uring', errno, code, syscall: 'io_uring_queue_init' };
  const facility = REFUSAL_FACILITIES.get(code);
  return facility === undefined ? systemError(failure) : unavailableError(facility, failure);
}
