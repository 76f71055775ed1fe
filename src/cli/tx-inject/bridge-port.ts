import type { Links } from '../../netlink/links.js';

/** The state of a bridge's port that carries frames. */
const CARRYING = 'forwarding';
/** A bridge without spanning tree enables a port this soon after its carrier comes. */
const ENABLING_MS = 20;

/**
 * Why frames get no further than the running device with this index: it is a port of a bridge that forwards nothing from it now.
 * Undefined if they may.
 */
export async function findPortFault(links: Links, ifindex: number): Promise<string | undefined> {
  if (describePort(links, ifindex) === undefined) return undefined;
  await new Promise((resolve) => setTimeout(resolve, ENABLING_MS));
  return describePort(links, ifindex);
}

function describePort(links: Links, ifindex: number): string | undefined {
  const link = links.byIndex(ifindex);
  const state = link?.bridgePortState;
  if (link?.master === undefined || state === undefined || state === CARRYING) return undefined;
  const bridge = links.byIndex(link.master)?.name ?? `link ${link.master}`;
  const isWaiting = state === 'listening' || state === 'learning';
  const when = isWaiting ? 'yet (spanning tree protocol)' : 'in this state';
  return `${link.name} is a port of bridge ${bridge} and ${state}: the bridge forwards none of its frames ${when}`;
}
