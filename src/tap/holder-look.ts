import type { Link } from '../netlink/link.js';
import { isSystemError } from '../sys/errno.js';
import { HolderClient } from './holder-client.js';
import type { Greeting } from './holder-reply.js';

/** What the holder of `link` tells of itself to everybody; undefined where there is none that answers. */
export function lookForHolder(link: Link): Greeting | undefined {
  if ((link.tun?.queues ?? 0) === 0) return undefined;
  try {
    using client = HolderClient.findRunning(link, 'show');
    return client?.greeting;
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
}

/**
 * Lets the holder of `link` do what takes one of its descriptors; false, and nothing done, where there is none that this
 * user may ask. What it refuses is a SystemError.
 */
export function askHolder(link: Link, action: string, ask: (holder: HolderClient) => void): boolean {
  if ((link.tun?.queues ?? 0) === 0) return false;
  using client = HolderClient.findRunning(link, action);
  if (client?.greeting.admitted !== true) return false;
  ask(client);
  return true;
}
