import {
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_QINQ1,
  ETH_P_QINQ2,
  ETH_P_RARP,
} from './ethernet-header.js';

/** As tcpdump names them. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [ETH_P_IP, 'IPv4'],
  [ETH_P_ARP, 'ARP'],
  [ETH_P_RARP, 'Reverse ARP'],
  [ETH_P_8021Q, '802.1Q'],
  [ETH_P_IPV6, 'IPv6'],
  [ETH_P_8021AD, '802.1Q-QinQ'],
  [ETH_P_QINQ1, '802.1Q-9100'],
  [ETH_P_QINQ2, '802.1Q-9200'],
  [0x6558, 'TEB'],
  [0x8137, 'IPX'],
  [0x8808, 'MPCP'],
  [0x8809, 'Slow Protocols'],
  [0x880b, 'PPP'],
  [0x8847, 'MPLS unicast'],
  [0x8848, 'MPLS multicast'],
  [0x8863, 'PPPoE D'],
  [0x8864, 'PPPoE S'],
  [0x886f, 'MS NLB heartbeat'],
  [0x8870, 'Jumbo'],
  [0x888e, 'EAPOL'],
  [0x88a2, 'AoE'],
  [0x88ca, 'TIPC'],
  [0x88cc, 'LLDP'],
  [0x88e5, '802.1AE MACsec'],
  [0x88f7, 'PTP'],
  [0x8902, 'CFM'],
  [0x893a, 'IEEE1905.1'],
  [0x9000, 'Loopback'],
]);

/** The name of an ethertype with its number: `IPv4 (0x0800)`, `Unknown (0x88b5)`. */
export function formatEtherType(etherType: number): string {
  return `${NAMES.get(etherType) ?? 'Unknown'} (0x${etherType.toString(16).padStart(4, '0')})`;
}

/** The name of an ethertype alone, or `Unknown Protocol (0x88b5)`. */
export function formatProtocolName(etherType: number): string {
  return NAMES.get(etherType) ?? `Unknown Protocol (0x${etherType.toString(16).padStart(4, '0')})`;
}
