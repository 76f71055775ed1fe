import { summarizeArp } from './arp-summary.js';
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, ETH_P_RARP } from './ethernet-header.js';
import { summarizeIp } from './ip-summary.js';
import type { PacketWindow } from './packet-window.js';

/**
 * Describes what an ethertype announces, undefined when rtap does not know it. `named` puts the protocol in front
 * (`IP `, `IP6 `, `ARP, `), which tcpdump leaves out where -e has printed the ethertype.
 */
export function summarizeNetwork(
  etherType: number,
  packet: PacketWindow,
  named: boolean,
): string | undefined {
  switch (etherType) {
    case ETH_P_IP:
      return summarizeIp(packet, 4, named);
    case ETH_P_IPV6:
      return summarizeIp(packet, 6, named);
    case ETH_P_ARP:
    case ETH_P_RARP:
      return (named ? 'ARP, ' : '') + summarizeArp(packet);
    default:
      return undefined;
  }
}
