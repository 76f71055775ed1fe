import koffi from 'koffi';
import {
  ArgumentRangeError,
  type ErrorReason,
  type Facility,
  NetlinkError,
  SystemError,
  type SystemErrorFields,
  UnavailableError,
} from '../errors.js';

const NUMBERS = new Map(Object.entries(koffi.os.errno));
const NAMES = new Map<number, string>();
for (const [name, value] of NUMBERS) {
  if (!NAMES.has(value)) NAMES.set(value, name);
}
// The table has one name for each number. These are the spellings in the kernel's own headers.
for (const preferred of ['EAGAIN', 'EOPNOTSUPP', 'EDEADLK']) {
  const value = NUMBERS.get(preferred);
  if (value !== undefined) NAMES.set(value, preferred);
}

/** Returns the errno of a symbolic name on this platform. Throws a RangeError for an unknown name. */
export function errnoOf(code: string): number {
  const errno = NUMBERS.get(code);
  if (errno === undefined)
    throw new ArgumentRangeError(`cannot look up "${code}": no such errno on this platform`);
  return errno;
}

/** As `errnoOf`, for a name from outside: 0 where this platform does not know it. */
export function errnoOrZero(code: string): number {
  return NUMBERS.get(code) ?? 0;
}

/** Returns `EPERM` for 1, and `errno 4095` if the platform has no name for it. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

/** What an error is made of. The message follows: `cannot <action> "<object>": <detail>`. */
export interface SystemFailure {
  /** A verb phrase. */
  readonly action: string;
  /** Undefined where `action` names it already. */
  readonly object?: string | undefined;
  /** Name of the errno. */
  readonly code: string;
  /**
   * Positive errno.
   * @default the number of `code`; a RangeError where this platform does not know it
   */
  readonly errno?: number;
  readonly syscall: string;
  /**
   * What happened.
   * @default `<syscall> failed with <code>`
   */
  readonly detail?: string;
  readonly reason?: ErrorReason | undefined;
  /** The process that the reason is about. */
  readonly pid?: number | undefined;
  readonly cause?: unknown;
}

/** Builds the error for something that the kernel, or a holder, refused. */
export function systemError(failure: SystemFailure): SystemError {
  return new SystemError(messageOf(failure), fieldsOf(failure));
}

/** Builds the error for something that this machine lacks. */
export function unavailableError(facility: Facility, failure: SystemFailure): UnavailableError {
  return new UnavailableError(messageOf(failure), { ...fieldsOf(failure), facility });
}

/** Builds the error for a netlink request that the kernel refused; `kernelText` is its explanation, or ''. */
export function netlinkError(kernelText: string, failure: SystemFailure): NetlinkError {
  const detail = kernelText === '' ? detailOf(failure) : `${detailOf(failure)} (${kernelText})`;
  const explained = { ...failure, detail };
  return new NetlinkError(messageOf(explained), { ...fieldsOf(explained), kernelText });
}

/** Builds the error for a system call that failed with `errno` (positive). */
export function callError(
  { action, object }: { readonly action: string; readonly object: string },
  syscall: string,
  errno: number,
): SystemError {
  return systemError({ action, object, syscall, errno, code: errnoName(errno) });
}

function messageOf(failure: SystemFailure): string {
  const object = failure.object === undefined ? '' : ` "${failure.object}"`;
  return `cannot ${failure.action}${object}: ${detailOf(failure)}`;
}

function detailOf({ detail, syscall, code }: SystemFailure): string {
  return detail ?? `${syscall} failed with ${code}`;
}

function fieldsOf(failure: SystemFailure): SystemErrorFields {
  const { code, errno = errnoOf(code), syscall, object, reason, pid, cause } = failure;
  return { errno, code, syscall, object, detail: detailOf(failure), reason, pid, cause };
}

/** Returns whether `error` is a SystemError, with one of `codes` if there are any. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  return error instanceof SystemError && (codes.length === 0 || codes.includes(error.code));
}
