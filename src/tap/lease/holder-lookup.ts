import type { LinkOutline } from '../../netlink/link.js';
import { isSystemError } from '../../sys/errno.js';
import { ROLE_KEEPER } from '../counters/counter-layout.js';
import { readCounterWriters } from '../counters/counter-totals.js';
import { commandOf, findAttached, isStopped } from '../link/attached-processes.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { HolderClient } from './holder-client.js';
import type { Greeting, NamedProcess } from './holder-reply.js';
import { UnresponsiveHolderError } from './unresponsive-holder.js';

/** The process that holds a device, and its greeting. */
export interface FoundHolder {
  readonly process: NamedProcess;
  /** Undefined if the holder does not reply. */
  readonly greeting: Greeting | undefined;
  /** Whether a signal has stopped the holder. It replies when it is continued. */
  readonly stopped: boolean;
}

/**
 * Finds the process that holds `link`, and asks it for its greeting, which any user may read. Returns undefined if the device
 * has no holder. Never lets a service manager start one.
 */
export function findHolder(link: LinkOutline): FoundHolder | undefined {
  if ((link.tun?.queues ?? 0) === 0) return undefined;
  try {
    using client = HolderClient.findRunning(link, 'show');
    if (client === undefined) return undefined;
    const { greeting } = client;
    return { process: greeting.holder, greeting, stopped: false };
  } catch (error) {
    if (error instanceof UnresponsiveHolderError)
      return { process: error.holder, greeting: undefined, stopped: error.stopped };
    if (isSystemError(error)) return findByCounters(link);
    throw error;
  }
}

/**
 * Finds a holder by the file that it counts in: a connection is not possible, for example because too many other users wait to be
 * accepted.
 */
function findByCounters(link: LinkOutline): FoundHolder | undefined {
  const directory = findDeviceDirectory(link.index);
  const writers = directory === undefined ? [] : readCounterWriters(directory);
  const keeper = writers.find(({ role }) => role === ROLE_KEEPER);
  if (keeper === undefined) return undefined;
  const { pid } = keeper;
  // A holder of another pid namespace has another pid here: the number may be that of any process.
  const isHere = findAttached(link.name).some((attached) => attached.pid === pid);
  const process = isHere ? { pid, command: commandOf(pid) } : { pid: 0, command: '?' };
  return { process, greeting: undefined, stopped: isHere && isStopped(pid) };
}
