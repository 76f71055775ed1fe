import { SystemError } from '../../errors.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { commandOf, isStopped } from '../link/attached-processes.js';
import type { NamedProcess } from './holder-reply.js';

/** A holder listens, but does not say what it lends: it does not reply, or refuses the connection. */
export class UnresponsiveHolderError extends SystemError {
  /** `pid` is 0 if the process is in another pid namespace. */
  readonly holder: NamedProcess;
  /** Whether a signal has stopped the holder. */
  readonly stopped: boolean;

  private constructor(cause: SystemError, holder: NamedProcess, stopped: boolean) {
    super(cause.message, cause);
    this.holder = holder;
    this.stopped = stopped;
  }

  /** Adds to `cause` the process that listens at the other end of `fd`. */
  static of(fd: number, cause: SystemError): UnresponsiveHolderError {
    const { pid } = readPeerCredentials(fd, { action: 'identify', object: 'holder' });
    return new UnresponsiveHolderError(
      cause,
      { pid, command: pid === 0 ? '?' : commandOf(pid) },
      isStopped(pid),
    );
  }
}
