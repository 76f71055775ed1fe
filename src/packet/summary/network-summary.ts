import type { PacketWindow } from '../bytes/packet-window.js';
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from '../headers/ethernet-header.js';
import { summarizeArp } from './arp-summary.js';
import { type SummaryStyle, summarizeIp } from './ip/ip-summary.js';

/** Describes the packet behind an ethertype; undefined if rtap does not know the type. */
export function summarizeNetwork(
  etherType: number,
  packet: PacketWindow,
  style: SummaryStyle,
): string | undefined {
  switch (etherType) {
    case ETH_P_IP:
      return summarizeIp(packet, 4, style);
    case ETH_P_IPV6:
      return summarizeIp(packet, 6, style);
    case ETH_P_ARP:
    case ETH_P_RARP:
      return (style.named ? 'ARP, ' : '') + summarizeArp(packet, style.verbose);
    default:
      return undefined;
  }
}
