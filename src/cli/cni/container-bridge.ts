import type { Link } from '../../netlink/link.js';
import type { Links } from '../../netlink/links.js';
import { describeKind } from '../../tap/device/device-creation.js';
import { CniError, INVALID_CONFIGURATION } from './cni-error.js';

/** Returns the link of the bridge `name`. Throws a CniError if there is none. */
export function findBridge(links: Links, name: string): Link {
  const link = links.byName(name);
  if (link?.kind === 'bridge') return link;
  const what =
    link === undefined ? 'there is no such interface in the container' : `it is ${describeKind(link)}`;
  throw new CniError(INVALID_CONFIGURATION, `cannot use bridge "${name}": ${what}`);
}
