import type { Link } from '../../src/netlink/link.js';
import { NO_STATISTICS } from '../../src/netlink/link-statistics.js';
import type { TunInfo } from '../../src/netlink/tun-info.js';

const TUN: TunInfo = {
  type: 'tap',
  packetInformation: false,
  vnetHeader: true,
  persist: true,
  multiQueue: true,
  queues: 4,
  disabledQueues: 0,
};

const LINK: Link = {
  index: 7,
  name: 'io0',
  flags: 0x1003,
  flagNames: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mtu: 1500,
  minMtu: 68,
  maxMtu: 65_521,
  txqueuelen: 1000,
  operstate: 'UP',
  address: '02:00:00:00:00:01',
  broadcast: 'ff:ff:ff:ff:ff:ff',
  carrier: true,
  promiscuity: 0,
  altNames: [],
  stats64: NO_STATISTICS,
  kind: 'tun',
};

/** A persistent TAP with 4 queues that is up, where `link` and `tun` do not say otherwise. */
export function makeLink(link: Partial<Link> = {}, tun: Partial<TunInfo> = {}): Link {
  return { ...LINK, tun: { ...TUN, ...tun }, ...link };
}
