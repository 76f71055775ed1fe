import type { LinkOutline } from '../../netlink/link.js';
import { isSystemError } from '../../sys/errno.js';
import { ROLE_KEEPER } from '../counters/counter-layout.js';
import { readCounterWriters } from '../counters/counter-totals.js';
import { commandOf, findAttached, isStopped } from '../link/attached-processes.js';
import { findDeviceDirectory } from '../state/runtime-directory.js';
import { HolderClient } from './holder-client.js';
import type { Greeting, NamedProcess } from './holder-reply.js';
import { UnresponsiveHolderError } from './unresponsive-holder.js';

/** The process that holds a device, and what it says. */
export interface FoundHolder {
  readonly process: NamedProcess;
  /** Undefined where it does not answer. */
  readonly greeting: Greeting | undefined;
  /** A signal has stopped it: it answers when it goes on. */
  readonly stopped: boolean;
}

/** Who holds `link`, and what he tells of himself to everybody; undefined where there is none. */
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

/** A holder to which this process could not connect, since too many wait for it perhaps: by its counters. */
function findByCounters(link: LinkOutline): FoundHolder | undefined {
  const directory = findDeviceDirectory(link.index);
  const writers = directory === undefined ? [] : readCounterWriters(directory);
  const keeper = writers.find(({ role }) => role === ROLE_KEEPER);
  if (keeper === undefined) return undefined;
  const { pid } = keeper;
  // Of another pid namespace it would be another process here.
  const isHere = findAttached(link.name).some((attached) => attached.pid === pid);
  const process = isHere ? { pid, command: commandOf(pid) } : { pid: 0, command: '?' };
  return { process, greeting: undefined, stopped: isHere && isStopped(pid) };
}
