import type { PacketWindow } from '../../bytes/packet-window.js';
import {
  IPPROTO_DCCP,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_IGMP,
  IPPROTO_IPIP,
  IPPROTO_IPV6,
  IPPROTO_NONE,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../headers/ip-protocol.js';
import { icmpCause, summarizeIcmp } from './icmp-summary.js';
import { summarizeIcmpv6 } from './icmpv6-summary.js';
import { summarizeIgmp } from './igmp-summary.js';
import { formatEndpoints, formatHosts, type IpLayer } from './ip-layer.js';
import { summarizeIpv4 } from './ipv4-summary.js';
import { summarizeIpv6 } from './ipv6-summary.js';
import { summarizeTcp } from './tcp-summary.js';
import { summarizeUdp } from './udp-summary.js';

/** Most IP headers of one frame that are described. A frame can hold thousands. */
const NESTING_MAX = 8;
const PORTS_SIZE = 4;

/** How much a summary says. */
export interface SummaryStyle {
  /** Puts the protocol in front (`IP `, `IP6 `, `ARP, `). tcpdump leaves it out where -e has printed the ethertype. */
  readonly named: boolean;
  /** Adds what tcpdump -v does: header fields, checksums, and lines of their own for what needs them. */
  readonly verbose: boolean;
}

/**
 * Describes an IPv4 (4) or IPv6 (6) packet and its payload, IP in IP too. If the style is verbose, further lines describe
 * the packet that an ICMP error is about.
 */
export function summarizeIp(packet: PacketWindow, version: 4 | 6, style: SummaryStyle): string {
  return summarizeNested(packet, version, style, 1);
}

/** `depth` counts the IP headers so far, this one included. */
function summarizeNested(packet: PacketWindow, version: 4 | 6, style: SummaryStyle, depth: number): string {
  let layer = version === 4 ? summarizeIpv4(packet, style.verbose) : summarizeIpv6(packet, style.verbose);
  let text = formatName(layer, style) + layer.text;
  let nesting = depth;
  for (; nesting < NESTING_MAX; nesting++) {
    const inner = readInnerLayer(layer, style);
    if (inner === undefined) break;
    text += formatName(inner, style) + inner.text;
    layer = inner;
  }
  text += summarizePayload(layer);
  const cause = readCause(layer);
  if (cause === undefined || nesting >= NESTING_MAX) return text;
  return `${text}\n\t${summarizeNested(cause, 4, style, nesting + 1)}`;
}

function formatName(layer: IpLayer, style: SummaryStyle): string {
  if (!style.named) return '';
  return layer.version === 4 ? 'IP ' : 'IP6 ';
}

function readInnerLayer(layer: IpLayer, style: SummaryStyle): IpLayer | undefined {
  if (layer.payload === undefined) return undefined;
  if (layer.protocol === IPPROTO_IPIP) return summarizeIpv4(layer.payload, style.verbose);
  return layer.protocol === IPPROTO_IPV6 ? summarizeIpv6(layer.payload, style.verbose) : undefined;
}

function readCause(layer: IpLayer): PacketWindow | undefined {
  const { payload, protocol, verbose, version } = layer;
  if (!verbose || version !== 4 || protocol !== IPPROTO_ICMP) return undefined;
  return payload === undefined ? undefined : icmpCause(payload);
}

function summarizePayload(layer: IpLayer): string {
  const { payload, protocol, version } = layer;
  if (payload === undefined) return '';
  switch (protocol) {
    case IPPROTO_TCP:
      return summarizeTcp(payload, layer);
    case IPPROTO_UDP:
      return summarizeUdp(payload, layer);
    case IPPROTO_ICMP:
      return version === 4 ? summarizeIcmp(payload, layer) : '[ICMP requires IPv4] (invalid)';
    case IPPROTO_ICMPV6:
      return version === 6 ? summarizeIcmpv6(payload, layer) : '[ICMPv6 requires IPv6] (invalid)';
    case IPPROTO_IGMP:
      return version === 4 ? summarizeIgmp(payload, layer.verbose) : '[IGMP requires IPv4] (invalid)';
    case IPPROTO_SCTP:
      return summarizePorts(payload, layer, 'sctp');
    case IPPROTO_DCCP:
      return summarizePorts(payload, layer, 'DCCP');
    case IPPROTO_NONE:
      return 'no next header';
    default:
      return `ip-proto-${protocol} ${payload.wireLength}`;
  }
}

/** For protocols that begin with two ports, and of which rtap knows no more. */
function summarizePorts(payload: PacketWindow, layer: IpLayer, name: string): string {
  if (!payload.has(PORTS_SIZE)) return `${formatHosts(layer)}[|${name.toLowerCase()}]`;
  return `${formatEndpoints(layer, payload.uint16(0), payload.uint16(2))}${name}, length ${payload.wireLength}`;
}
