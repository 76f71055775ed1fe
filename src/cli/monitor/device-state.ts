import type { Link } from '../../netlink/link.js';
import { IFF_ALLMULTI, IFF_PROMISC, IFF_UP } from '../../netlink/link-flags.js';

export type StateValue = string | number | boolean | null;

/** What `monitor` watches of a device, in the words of `show --json`; null is what only a TAP has. */
export interface DeviceState {
  ifname: string;
  up: boolean;
  carrier: boolean;
  /** Bytes. */
  mtu: number;
  address: string;
  /** Frames. */
  txqlen: number;
  promisc: boolean;
  allmulti: boolean;
  persist: boolean | null;
  /** Queues attached, by everybody. */
  numqueues: number | null;
  /** Of these, the ones that are switched off. */
  numdisabled: number | null;
  /** Frames that the kernel dropped as nobody read them in time: its tx_dropped. */
  missed: number | null;
}

export type PropertyName = keyof DeviceState;

/** In the order in which changes of one moment are told. */
export const PROPERTIES: readonly PropertyName[] = [
  'ifname',
  'address',
  'mtu',
  'txqlen',
  'promisc',
  'allmulti',
  'up',
  'carrier',
  'persist',
  'numqueues',
  'numdisabled',
  'missed',
];

/** Those that the kernel sends no event for: missed never, the others while the device is down. */
export const POLLED: readonly PropertyName[] = ['persist', 'numqueues', 'numdisabled', 'missed'];

export function stateOf(link: Link): DeviceState {
  const { flags, tun } = link;
  return {
    ifname: link.name,
    up: (flags & IFF_UP) !== 0,
    carrier: link.carrier,
    mtu: link.mtu,
    address: link.address,
    txqlen: link.txqueuelen,
    promisc: (flags & IFF_PROMISC) !== 0,
    allmulti: (flags & IFF_ALLMULTI) !== 0,
    persist: tun?.persist ?? null,
    numqueues: tun?.queues ?? null,
    numdisabled: tun?.disabledQueues ?? null,
    missed: tun === undefined ? null : link.stats64.tx.dropped,
  };
}
