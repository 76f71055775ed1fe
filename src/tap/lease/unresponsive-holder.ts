import { SystemError } from '../../errors.js';
import { readPeerCredentials } from '../../sys/peer-credentials.js';
import { commandOf, isStopped } from '../link/attached-processes.js';
import type { NamedProcess } from './holder-reply.js';

/** There is a holder, who listens, and tells nothing of what he lends. */
export class HolderSilence extends SystemError {
  /** `pid` is 0 where it is not known: of another pid namespace. */
  readonly holder: NamedProcess;
  /** A signal has stopped it. */
  readonly stopped: boolean;

  private constructor(cause: SystemError, holder: NamedProcess, stopped: boolean) {
    super(cause.message, cause);
    this.holder = holder;
    this.stopped = stopped;
  }

  /** `cause`, and who it is that listens at the other end of `fd`. */
  static of(fd: number, cause: SystemError): HolderSilence {
    const { pid } = readPeerCredentials(fd, { action: 'identify', object: 'holder' });
    return new HolderSilence(cause, { pid, command: pid === 0 ? '?' : commandOf(pid) }, isStopped(pid));
  }
}
