import type { AttributeCursor } from './attribute.js';

// Source: include/uapi/linux/if_link.h, struct rtnl_link_stats64. Bytes. Every field is a __u64.
export const RX_PACKETS = 0;
export const TX_PACKETS = 8;
export const RX_BYTES = 16;
export const TX_BYTES = 24;
export const RX_ERRORS = 32;
export const TX_ERRORS = 40;
export const RX_DROPPED = 48;
export const TX_DROPPED = 56;
export const MULTICAST = 64;
export const COLLISIONS = 72;
export const RX_OVER_ERRORS = 88;
export const TX_CARRIER_ERRORS = 136;

/**
 * The kernel's counters of a link by the names of `ip -s -j link`. They are exact up to 2^53.
 *
 * Directions are the kernel's: for a TAP, `tx` is what the kernel sent out of the interface, which rtap receives.
 */
export interface LinkStatistics {
  readonly rx: {
    readonly bytes: number;
    readonly packets: number;
    readonly errors: number;
    readonly dropped: number;
    readonly over_errors: number;
    readonly multicast: number;
  };
  readonly tx: {
    readonly bytes: number;
    readonly packets: number;
    readonly errors: number;
    /** On a TAP: packets that found the queue full. */
    readonly dropped: number;
    readonly carrier_errors: number;
    readonly collisions: number;
  };
}

/** The counters of a link of which the kernel sends none. */
export const NO_STATISTICS: LinkStatistics = {
  rx: { bytes: 0, packets: 0, errors: 0, dropped: 0, over_errors: 0, multicast: 0 },
  tx: { bytes: 0, packets: 0, errors: 0, dropped: 0, carrier_errors: 0, collisions: 0 },
};

/** Reads IFLA_STATS64. Newer kernels may append fields. */
export function decodeLinkStatistics(attribute: AttributeCursor): LinkStatistics {
  return {
    rx: {
      bytes: attribute.u64(RX_BYTES),
      packets: attribute.u64(RX_PACKETS),
      errors: attribute.u64(RX_ERRORS),
      dropped: attribute.u64(RX_DROPPED),
      over_errors: attribute.u64(RX_OVER_ERRORS),
      multicast: attribute.u64(MULTICAST),
    },
    tx: {
      bytes: attribute.u64(TX_BYTES),
      packets: attribute.u64(TX_PACKETS),
      errors: attribute.u64(TX_ERRORS),
      dropped: attribute.u64(TX_DROPPED),
      carrier_errors: attribute.u64(TX_CARRIER_ERRORS),
      collisions: attribute.u64(COLLISIONS),
    },
  };
}
