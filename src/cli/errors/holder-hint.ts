import { SystemError } from '../../errors.js';
import type { CommandWriter } from './command-writer.js';
import { administrationHint } from './restricted-root.js';

const AS_HOLDER = 'run as root, or as the user of the holder';
const SILENCE = 'this machine may be very busy: try again, or end the holder by its process id';
const SHARING = 'with --share, rx-dump and fwd attach beside it and compete with it for frames';

/** Returns what a user can do if a device has a holder, or if other processes have its queues; undefined for other reasons. */
export function holderHint(
  { reason, object = 'DEVICE', pid }: SystemError,
  commands: CommandWriter,
): string | undefined {
  switch (reason) {
    case 'borrowing-denied':
      return `${AS_HOLDER}; a holder can lend to a group: ${commands.rtap('hold', object, '--group', 'GROUP')}`;
    case 'ending-denied':
      return AS_HOLDER;
    case 'holder-untrusted':
      return administrationHint();
    case 'no-holder':
      return `start a holder: ${commands.rtap('hold', object, '--detach')}`;
    case 'holder-exists':
      return `take over from it: ${commands.rtap('hold', object, '--take-over')}; or end it: ${commands.rtap('release', object)}`;
    case 'holder-incompatible':
      return `if it is of another version of rtap, take over from it: ${commands.rtap('hold', object, '--take-over')}`;
    case 'holder-stopped':
      return pid === undefined ? SILENCE : `let it continue: kill -CONT ${pid}`;
    case 'holder-silent':
      return SILENCE;
    case 'queues-not-free':
    case 'holder-died':
      return `a holder needs all queues; find out which process to end first: ${commands.rtap('show', object)}`;
    case 'single-queue-in-use':
      return `a single-queue device serves one process; find out which one: ${commands.rtap('show', object)}`;
    case 'queue-leased':
      // The message names the process.
      return SHARING;
    case 'queues-in-use':
      return `find out which process: ${commands.rtap('show', object)}; ${SHARING}`;
    default:
      return undefined;
  }
}

/**
 * Returns what a user who wanted to see frames can do as well, if another process takes the frames of the device; undefined for
 * other errors.
 */
export function watchingHint(error: unknown, commands: CommandWriter): string | undefined {
  if (!(error instanceof SystemError) || error.code !== 'EBUSY') return undefined;
  return `see the frames without taking one: ${commands.rtap('sniff', error.object ?? 'DEVICE')}`;
}

/** Returns what a user of Wireshark can do if a capture fails; undefined for errors with which every user can do the same. */
export function captureHint(error: unknown): string | undefined {
  if (!(error instanceof SystemError)) return undefined;
  if (error.syscall === 'socket(AF_PACKET)')
    return 'run Wireshark as root, or grant CAP_NET_RAW to rtap: man rtap-extcap shows how';
  return error.code === 'EBUSY'
    ? 'watch the frames instead of taking them: Mode in the options of the interface'
    : undefined;
}

/** Returns what a user can do if a holder refused without a reason that this version knows. An older holder sends none. */
export function refusedRequestHint(
  { code, object = 'DEVICE' }: SystemError,
  commands: CommandWriter,
): string | undefined {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return AS_HOLDER;
    case 'EBUSY':
      return `find out which process: ${commands.rtap('show', object)}`;
    default:
      return undefined;
  }
}
