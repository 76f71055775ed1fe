/**
 * The typed errors of rtap. Library code states facts here. Hints are the command line's job.
 *
 * Messages follow one grammar: `cannot <action> "<object>": <what happened>`. Code that reacts to an error reads its
 * fields, never its message.
 */

/** Why something was refused, where errno and system call leave that open. Each member says what an error with it means. */
export const ERROR_REASONS = [
  /** No device has this name. */
  'no-such-device',
  /** The interface is a TUN device, or none of the TUN driver at all. */
  'not-a-tap',
  /** Frames of the interface are no Ethernet frames. */
  'not-ethernet',
  /** The device was deleted while it was in use, or right after it was made. */
  'device-deleted',
  /** The device moved to another network namespace while it was in use. */
  'device-moved',
  /** The device is administratively down, so that the kernel takes no frame. */
  'device-down',
  /** A multi-queue TAP of this name exists already. */
  'device-exists',
  /** An interface of another kind has this name. */
  'name-taken',
  /** Both devices are the same one. */
  'same-device',
  /** Other processes have queues of the device attached and would compete for its frames. */
  'queues-in-use',
  /** Other processes have queues of the device attached, and a holder needs all of them. */
  'queues-not-free',
  /** Other processes have queues of the device attached, so that it cannot be deleted. */
  'queues-attached',
  /** The device has one queue, and another process has it attached. */
  'single-queue-in-use',
  /** The device has one queue, and more were asked for. */
  'single-queue',
  /** The device has no queue of this number. */
  'no-such-queue',
  /** The device has as many queues as the kernel allows. */
  'queues-exhausted',
  /** Users of the device put packet information in front of frames (no IFF_NO_PI). */
  'packet-information',
  /** The device's virtio-net header is larger than rtap has room for. */
  'header-too-large',
  /** Another process has changed the size of the virtio-net header while the device was in use. */
  'header-changed',
  /** Only one of two devices has virtio-net headers. */
  'headers-differ',
  /** Frames of the device carry no virtio-net header. */
  'header-missing',
  /** This kernel, or this rtap, does not know an offload. */
  'offload-unknown',
  /** The kernel took an offload and leaves it off. */
  'offload-left-off',
  /** This kernel has no NAPI for the queues of a TAP. */
  'napi-unknown',
  /** A queue was to have room for more frames than this kernel allows. */
  'queue-too-long',
  /** The kernel lets this process make a ring and refuses to use it: only a seccomp filter does that. */
  'call-filtered',
  /** The kernel starts no more threads or processes: for this user, this cgroup, or at all. */
  'processes-exhausted',
  /** A process that this one started did nothing in time, or a signal ended it. */
  'process-failed',
  /** This process may load no eBPF program. */
  'bpf-denied',
  /** The kernel's verifier does not accept an eBPF program. */
  'program-refused',
  /** A user or group has no number in this user namespace. */
  'id-not-mapped',
  /** A network namespace does not exist, or cannot be entered. */
  'namespace-unreachable',
  /** No runtime directory can be written. */
  'runtime-directory-denied',
  /** The device has no holder. */
  'no-holder',
  /** The device has a holder already. */
  'holder-exists',
  /** The holder has died, and processes still have queues that it lent. */
  'holder-died',
  /** A signal has stopped the holder: see `pid`. */
  'holder-stopped',
  /** The holder does not answer in time. */
  'holder-silent',
  /** The holder has ended. */
  'holder-ended',
  /** The holder says what this version does not understand, or does not understand this version. */
  'holder-incompatible',
  /** The holder sent descriptors that are no queues of the device. */
  'foreign-queues',
  /** The process that answers as the holder has no queue of the device: see `pid`. */
  'false-holder',
  /** The holder belongs to another user, and this process has no CAP_NET_ADMIN to check what it lends. */
  'holder-untrusted',
  /** The holder serves as many users as it can. */
  'holder-full',
  /** The holder is being taken over by another process. */
  'holder-handing-over',
  /** The holder does not lend to this user. */
  'borrowing-denied',
  /** This user may neither end the holder nor take over from it. */
  'ending-denied',
  /** A queue was asked for that another process reads. */
  'queue-leased',
  /** Queues have as many readers as the holder keeps count of. */
  'queue-readers-exhausted',
  /** There is no such command to run. */
  'command-not-found',
  /** The kernel does not run the command. */
  'command-not-executable',
  /** A folder was given in place of a capture. */
  'capture-is-folder',
] as const;

/** One of `ERROR_REASONS`. */
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** The data of a SystemError. */
export interface SystemErrorFields {
  /** Positive errno, as in errno(3); 0 where this platform has no number for `code`. */
  readonly errno: number;
  /** Its symbolic name, for example `EPERM`. */
  readonly code: string;
  /** What was called, for example `ioctl(TUNSETIFF)`. */
  readonly syscall: string;
  /** What it was called for: a device, a path. */
  readonly object?: string | undefined;
  /**
   * What happened: the message without its beginning.
   * @default the message
   */
  readonly detail?: string | undefined;
  /** Undefined where `code` and `syscall` say all. */
  readonly reason?: ErrorReason | undefined;
  /** The process that the reason is about, where it is known. */
  readonly pid?: number | undefined;
  readonly cause?: unknown;
}

/** The kernel, or a holder, refused something. */
export class SystemError extends Error {
  override readonly name: string = 'SystemError';
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
  readonly object: string | undefined;
  readonly detail: string;
  readonly reason: ErrorReason | undefined;
  readonly pid: number | undefined;

  constructor(message: string, fields: SystemErrorFields) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.errno = fields.errno;
    this.code = fields.code;
    this.syscall = fields.syscall;
    this.object = fields.object;
    this.detail = fields.detail ?? message;
    this.reason = fields.reason;
    this.pid = fields.pid;
  }
}

/** The kernel refused a netlink request. */
export class NetlinkError extends SystemError {
  override readonly name = 'NetlinkError';
  /** The kernel's own explanation (extended acknowledgement), or '' when it gave none. */
  readonly kernelText: string;

  constructor(message: string, fields: SystemErrorFields & { readonly kernelText: string }) {
    super(message, fields);
    this.kernelText = fields.kernelText;
  }
}

/** What a machine can lack. */
export type Facility = 'liburing' | 'io_uring' | 'io_uring-memory' | 'tun' | 'libpcap' | 'zstd' | 'bpf';

/** This machine lacks something that rtap needs. */
export class UnavailableError extends SystemError {
  override readonly name = 'UnavailableError';
  readonly facility: Facility;

  constructor(message: string, fields: SystemErrorFields & { readonly facility: Facility }) {
    super(message, fields);
    this.facility = fields.facility;
  }
}

/** The caller's own mistake: a value beyond its bounds. The engine's own RangeErrors are faults of the program. */
export class ArgumentRangeError extends RangeError {}

/** The caller's own mistake: a value of a wrong kind or form, or a call at a wrong time. */
export class ArgumentTypeError extends TypeError {}

/** Bytes from outside are not what their format says. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
  /** Where it was noticed: bytes from the beginning of the input. */
  readonly offset: number;
  readonly reason: ErrorReason | undefined;

  constructor(message: string, offset: number, { reason }: { readonly reason?: ErrorReason } = {}) {
    super(message);
    this.offset = offset;
    this.reason = reason;
  }
}
