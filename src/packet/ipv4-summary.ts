import { formatIpv4Address } from './ip-address.js';
import { finishedLayer, type IpLayer } from './ip-layer.js';
import { IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from './ip-protocol.js';
import {
  IP_MF,
  IP_OFFMASK,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOTAL_LENGTH,
  IPV4_VERSION_IHL,
} from './ipv4-header.js';
import type { PacketWindow } from './packet-window.js';

/** Reads an IPv4 header as tcpdump -n describes it; the layer's text begins behind `IP `. */
export function summarizeIpv4(packet: PacketWindow): IpLayer {
  if (!packet.has(IPV4_HEADER_SIZE)) return finishedLayer(4, '[|ip]');
  const version = packet.uint8(IPV4_VERSION_IHL) >> 4;
  if (version !== 4) return finishedLayer(4, `version error: ${version} != 4`);
  const headerBytes = (packet.uint8(IPV4_VERSION_IHL) & 0x0f) * 4;
  if (headerBytes < IPV4_HEADER_SIZE) return finishedLayer(4, `bad-hlen ${headerBytes}`);
  const totalBytes = readTotalBytes(packet);
  if (totalBytes < headerBytes) return finishedLayer(4, `bad-len ${totalBytes}`);
  const missing = totalBytes - packet.wireLength;
  const remark = missing > 0 ? `truncated-ip - ${missing} bytes missing! ` : '';
  return describe(packet.resize(totalBytes), headerBytes, remark);
}

/** The kernel leaves the length 0 in offloaded packets above 65,535 bytes: then all that is there counts. */
function readTotalBytes(packet: PacketWindow): number {
  const totalBytes = packet.uint16(IPV4_TOTAL_LENGTH);
  const protocol = packet.uint8(IPV4_PROTOCOL);
  const offloaded = totalBytes === 0 && (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP);
  return offloaded ? packet.wireLength : totalBytes;
}

function describe(packet: PacketWindow, headerBytes: number, remark: string): IpLayer {
  const source = formatIpv4Address(packet.bytes, packet.start + IPV4_SOURCE);
  const destination = formatIpv4Address(packet.bytes, packet.start + IPV4_DESTINATION);
  const protocol = packet.uint8(IPV4_PROTOCOL);
  const fragment = packet.uint16(IPV4_FRAGMENT);
  const addresses = `${remark}${source} > ${destination}:`;
  if ((fragment & IP_OFFMASK) !== 0) return finishedLayer(4, `${addresses} ip-proto-${protocol}`);
  if (!packet.has(headerBytes)) {
    const fact = `[remaining caplen(${packet.capturedLength}) < header length(${headerBytes})]`;
    return finishedLayer(4, `${addresses} ${fact} [|ip]`);
  }
  const portsFollow = hasPorts(protocol);
  return {
    version: 4,
    text: portsFollow ? remark : `${addresses} `,
    addressesShown: !portsFollow,
    source,
    destination,
    protocol,
    fragmented: (fragment & IP_MF) !== 0,
    payload: packet.from(headerBytes),
  };
}

/** True for the protocols whose summary prints the addresses with the ports. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === IPPROTO_TCP ||
    protocol === IPPROTO_UDP ||
    protocol === IPPROTO_SCTP ||
    protocol === IPPROTO_DCCP
  );
}
