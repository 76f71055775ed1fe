import { formatEndpoints, formatHosts, type IpLayer } from './ip-layer.js';
import type { PacketWindow } from './packet-window.js';
import { UDP_DESTINATION, UDP_HEADER_SIZE, UDP_LENGTH, UDP_SOURCE } from './udp-header.js';

const PORTS_SIZE = 4;
/** The largest datagram that the length field can tell; above it the field is 0 (RFC 2675). */
const LENGTH_MAX = 0xffff;

/** Describes a datagram as tcpdump -nn does for ports that it does not know: `a.1 > b.2: UDP, length 12`. */
export function summarizeUdp(datagram: PacketWindow, layer: IpLayer): string {
  if (!datagram.has(PORTS_SIZE)) return `${formatHosts(layer)}[|udp]`;
  const ports = formatEndpoints(layer, datagram.uint16(UDP_SOURCE), datagram.uint16(UDP_DESTINATION));
  if (datagram.wireLength < UDP_HEADER_SIZE) return `${ports}truncated-udp ${datagram.wireLength}`;
  if (!datagram.has(UDP_HEADER_SIZE)) return `${ports}[|udp]`;
  const field = datagram.uint16(UDP_LENGTH);
  const length = field === 0 && datagram.wireLength > LENGTH_MAX ? datagram.wireLength : field;
  if (length < UDP_HEADER_SIZE) return `${ports}truncated-udplength ${length}`;
  const payloadBytes = length - UDP_HEADER_SIZE;
  const payloadThere = datagram.wireLength - UDP_HEADER_SIZE;
  if (payloadBytes > payloadThere && !layer.fragmented) {
    return `${ports}UDP, bad length ${payloadBytes} > ${payloadThere}`;
  }
  return `${ports}UDP, length ${payloadBytes}`;
}
