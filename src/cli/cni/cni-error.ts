import { ArgumentRangeError, ArgumentTypeError, SystemError } from '../../errors.js';
import { hintFor } from '../errors/hint.js';

// Source: CNI specification 1.1.0, section 5, "Error"
export const INCOMPATIBLE_VERSION = 1;
export const UNSUPPORTED_FIELD = 2;
export const UNKNOWN_CONTAINER = 3;
export const INVALID_ENVIRONMENT = 4;
export const IO_FAILURE = 5;
export const UNDECODABLE_CONTENT = 6;
export const INVALID_CONFIGURATION = 7;
export const TRY_AGAIN = 11;
export const NOT_AVAILABLE = 50;

// The specification leaves codes from 100 on to each plugin.
/** The kernel or a holder refused something. */
export const REFUSED = 100;
/** An interface of this name exists already. */
export const INTERFACE_EXISTS = 101;
/** CHECK found that something is not as ADD left it. */
export const NOT_AS_ADDED = 102;
/** The IPAM plugin did not run, or did not answer as the specification says. */
export const IPAM_FAILED = 103;

/** An error as a CNI plugin prints it. */
export class CniError extends Error {
  override readonly name = 'CniError';
  /** One of the codes above, or that of a delegated plugin. */
  readonly code: number;
  /** What else there is to know. */
  readonly details: string | undefined;

  constructor(code: number, message: string, details?: string) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** errnos after which the same call can succeed later. */
const TRANSIENT: readonly string[] = ['EAGAIN', 'ENOMEM', 'ENOBUFS', 'EMFILE', 'ENFILE'];

/**
 * errnos that say that a network namespace does not exist. The runtime need not call DEL after UNKNOWN_CONTAINER, so no other errno
 * may become it.
 */
const MISSING: readonly string[] = ['ENOENT', 'EINVAL', 'ENOTDIR'];

const NAMESPACE_FORM = 'CNI_NETNS has to be the absolute path of a network namespace';

/** The CNI error for `error`. Returns undefined if the program itself is at fault. */
export function cniErrorOf(error: unknown): CniError | undefined {
  if (error instanceof CniError) return error;
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (error instanceof ArgumentRangeError || error instanceof ArgumentTypeError)
    return new CniError(INVALID_CONFIGURATION, message);
  if (error instanceof SystemError) {
    const code = codeOf(error);
    return new CniError(code, message, code === UNKNOWN_CONTAINER ? NAMESPACE_FORM : hintFor(error));
  }
  // Node's own error for a file or a program.
  return 'code' in error && 'syscall' in error ? new CniError(IO_FAILURE, message) : undefined;
}

function codeOf({ code, reason }: SystemError): number {
  if (reason === 'device-exists' || reason === 'name-taken') return INTERFACE_EXISTS;
  if (reason === 'namespace-unreachable' && MISSING.includes(code)) return UNKNOWN_CONTAINER;
  return TRANSIENT.includes(code) ? TRY_AGAIN : REFUSED;
}
