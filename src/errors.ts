/**
 * The typed errors of rtap. Library code states facts here; hints are the command line's job.
 *
 * Messages follow one grammar: `cannot <action> "<object>": <what happened>`.
 * The caller's own mistakes are the built-in `RangeError` and `TypeError`.
 */

export interface SystemErrorFacts {
  /** Positive errno, as in errno(3). */
  readonly errno: number;
  /** Its symbolic name, for example `EPERM`. */
  readonly code: string;
  /** What was called, for example `ioctl(TUNSETIFF)`. */
  readonly syscall: string;
  /** What it was called for: a device, a path. */
  readonly object?: string | undefined;
  readonly cause?: unknown;
}

/** The kernel refused something. */
export class SystemError extends Error {
  override readonly name: string = 'SystemError';
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
  readonly object: string | undefined;

  constructor(message: string, facts: SystemErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.errno = facts.errno;
    this.code = facts.code;
    this.syscall = facts.syscall;
    this.object = facts.object;
  }
}

/** The kernel refused a netlink request. */
export class NetlinkError extends SystemError {
  override readonly name = 'NetlinkError';
  /** The kernel's own explanation (extended acknowledgement), or '' when it gave none. */
  readonly kernelText: string;

  constructor(message: string, facts: SystemErrorFacts & { readonly kernelText: string }) {
    super(message, facts);
    this.kernelText = facts.kernelText;
  }
}

/** What a machine can lack. */
export type Facility = 'liburing' | 'io_uring' | 'io_uring-memory' | 'tun' | 'libpcap';

/** This machine lacks something that rtap stands on. */
export class UnavailableError extends SystemError {
  override readonly name = 'UnavailableError';
  readonly facility: Facility;

  constructor(message: string, facts: SystemErrorFacts & { readonly facility: Facility }) {
    super(message, facts);
    this.facility = facts.facility;
  }
}

/** Bytes from outside are not what their format says. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  /** Where it was noticed: bytes from the beginning of the input. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
