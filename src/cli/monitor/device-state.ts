import type { Link } from '../../netlink/link.js';
import { IFF_ALLMULTI, IFF_PROMISC, IFF_UP } from '../../netlink/link-flags.js';

/** A value of a property. */
export type StateValue = string | number | boolean | null;

/** The properties that `monitor` watches, named as in `show --json`. Properties of TAPs are null for other links. */
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
  /** Attached queues of all processes. */
  numqueues: number | null;
  /** Those of them that are switched off. */
  numdisabled: number | null;
  /** Frames that the kernel dropped because a queue was full: its tx_dropped. */
  missed: number | null;
}

/** Name of a property. */
export type PropertyName = keyof DeviceState;

/** All properties, in the order in which simultaneous changes are reported. */
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

/** Properties without an event of the kernel: `missed` at all times, the others while the device is down. */
export const POLLED: readonly PropertyName[] = ['persist', 'numqueues', 'numdisabled', 'missed'];

/** Returns the properties of `link`. */
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
