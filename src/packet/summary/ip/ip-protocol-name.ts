import {
  IPPROTO_DCCP,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../headers/ip-protocol.js';

/** As tcpdump -v names them. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [IPPROTO_HOPOPTS, 'Options'],
  [IPPROTO_ICMP, 'ICMP'],
  [IPPROTO_IGMP, 'IGMP'],
  [IPPROTO_IPIP, 'IPIP'],
  [IPPROTO_TCP, 'TCP'],
  [8, 'EGP'],
  [9, 'IGRP'],
  [IPPROTO_UDP, 'UDP'],
  [IPPROTO_DCCP, 'DCCP'],
  [IPPROTO_IPV6, 'IPv6'],
  [IPPROTO_ROUTING, 'Routing'],
  [IPPROTO_FRAGMENT, 'Fragment'],
  [46, 'RSVP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [55, 'Mobile IP'],
  [IPPROTO_ICMPV6, 'ICMPv6'],
  [62, 'Mobile IP (old)'],
  [88, 'EIGRP'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [108, 'Compressed IP'],
  [112, 'VRRP'],
  [113, 'PGM'],
  [IPPROTO_SCTP, 'SCTP'],
  [135, 'Mobility'],
  [143, 'Ethernet'],
]);

/** The name of a protocol with its number: `TCP (6)`, `unknown (253)`. */
export function formatIpProtocol(protocol: number): string {
  return `${NAMES.get(protocol) ?? 'unknown'} (${protocol})`;
}
