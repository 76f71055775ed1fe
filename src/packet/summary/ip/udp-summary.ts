import type { PacketWindow } from '../../bytes/packet-window.js';
import { IPPROTO_UDP } from '../../headers/ip-protocol.js';
import {
  UDP_CHECKSUM,
  UDP_DESTINATION,
  UDP_HEADER_SIZE,
  UDP_LENGTH,
  UDP_SOURCE,
} from '../../headers/udp-header.js';
import { rightTransportChecksum } from './header-checksum.js';
import { formatEndpoints, formatHosts, type IpLayer } from './ip-layer.js';

const PORTS_SIZE = 4;
/** The largest number in the length field. In longer datagrams the field is 0 (RFC 2675). */
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
  const head = ports + describeChecksum(datagram, length, layer);
  if (payloadBytes > payloadThere && !layer.fragmented) {
    return `${head}UDP, bad length ${payloadBytes} > ${payloadThere}`;
  }
  return `${head}UDP, length ${payloadBytes}`;
}

/** A correct checksum over IPv4 is not printed, as with tcpdump -v; a wrong one always is. */
function describeChecksum(packet: PacketWindow, length: number, { checked, version }: IpLayer): string {
  const found = packet.uint16(UDP_CHECKSUM);
  if (checked === undefined || (version === 4 && (found === 0 || length > packet.wireLength))) return '';
  const datagram = packet.resize(Math.min(length, packet.wireLength));
  const right = rightTransportChecksum(datagram, UDP_CHECKSUM, checked, IPPROTO_UDP);
  if (right === undefined) return '';
  if (right === found) return version === 4 ? '' : '[udp sum ok] ';
  return `[bad udp cksum ${formatChecksum(found)} -> ${formatChecksum(right)}!] `;
}

function formatChecksum(checksum: number): string {
  return `0x${checksum.toString(16).padStart(4, '0')}`;
}
