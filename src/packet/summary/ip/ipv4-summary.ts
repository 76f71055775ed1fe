import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv4Address, IPV4_ADDRESS_BYTES } from '../../headers/ip-address.js';
import { IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../headers/ip-protocol.js';
import {
  IP_CE,
  IP_DF,
  IP_MF,
  IP_OFFMASK,
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_ID,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_TOS,
  IPV4_TOTAL_LENGTH,
  IPV4_TTL,
  IPV4_VERSION_IHL,
} from '../../headers/ipv4-header.js';
import { finalDestinationOffset } from '../../headers/ipv4-source-route.js';
import { type PseudoHeader, rightChecksum } from './header-checksum.js';
import { finishedLayer, type IpLayer } from './ip-layer.js';
import { formatIpProtocol } from './ip-protocol-name.js';
import { summarizeIpv4Options } from './ipv4-options-summary.js';

/** The largest number in the length field. */
const TOTAL_LENGTH_MAX = 0xffff;

const ECN_MASK = 0x03;
/** By the low two bits of the type of service. */
const ECN_NAMES: readonly string[] = ['', ',ECT(1)', ',ECT(0)', ',CE'];

/** In the order of tcpdump. */
const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [IP_MF, '+'],
  [IP_DF, 'DF'],
  [IP_CE, 'rsvd'],
];

/** Reads an IPv4 header. The layer's text is what tcpdump -n, or -v if `verbose`, prints behind `IP `. */
export function summarizeIpv4(packet: PacketWindow, verbose: boolean): IpLayer {
  if (!packet.has(IPV4_HEADER_SIZE)) return finishedLayer(4, '[|ip]');
  const version = packet.uint8(IPV4_VERSION_IHL) >> 4;
  if (version !== 4) return finishedLayer(4, `version error: ${version} != 4`);
  const headerBytes = (packet.uint8(IPV4_VERSION_IHL) & 0x0f) * 4;
  if (headerBytes < IPV4_HEADER_SIZE) return finishedLayer(4, `bad-hlen ${headerBytes}`);
  const totalBytes = readTotalBytes(packet);
  if (totalBytes < headerBytes) return finishedLayer(4, `bad-len ${totalBytes}`);
  const missing = totalBytes - packet.wireLength;
  const remark = missing > 0 ? `truncated-ip - ${missing} bytes missing! ` : '';
  const whole = packet.resize(totalBytes);
  return describe(
    whole,
    headerBytes,
    verbose ? remark + describeHeader(whole, headerBytes) : remark,
    verbose,
  );
}

/** The kernel stores the length 0 in offloaded packets of more than 65,535 bytes. Then the length on the wire counts. */
function readTotalBytes(packet: PacketWindow): number {
  const totalBytes = packet.uint16(IPV4_TOTAL_LENGTH);
  const protocol = packet.uint8(IPV4_PROTOCOL);
  const offloaded = totalBytes === 0 && (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP);
  return offloaded ? packet.wireLength : totalBytes;
}

/** Header fields as `(tos 0x0, ttl 64, ..., length 60)`. The addresses follow in the next line. */
function describeHeader(packet: PacketWindow, headerBytes: number): string {
  const tos = packet.uint8(IPV4_TOS);
  const ttl = packet.uint8(IPV4_TTL);
  const fragment = packet.uint16(IPV4_FRAGMENT);
  const flags = FLAG_NAMES.filter(([flag]) => (fragment & flag) !== 0).map(([, name]) => name);
  let text = `(tos 0x${tos.toString(16)}${ECN_NAMES[tos & ECN_MASK]}${ttl === 0 ? '' : `, ttl ${ttl}`}`;
  text += `, id ${packet.uint16(IPV4_ID)}, offset ${(fragment & IP_OFFMASK) * 8}`;
  text += `, flags [${flags.join(', ') || 'none'}], proto ${formatIpProtocol(packet.uint8(IPV4_PROTOCOL))}`;
  text += `, length ${packet.wireLength}`;
  if (packet.uint16(IPV4_TOTAL_LENGTH) === 0) {
    text += ` [was 0, presumed ${packet.wireLength > TOTAL_LENGTH_MAX ? 'BIG TCP' : 'TSO'}]`;
  }
  if (!packet.has(headerBytes)) return `${text})\n    `;
  const header = packet.resize(headerBytes);
  if (headerBytes > IPV4_HEADER_SIZE) {
    text += `, options (${summarizeIpv4Options(header.from(IPV4_HEADER_SIZE))})`;
  }
  return `${text}${describeChecksum(header)})\n    `;
}

/** Only a wrong checksum is printed. */
function describeChecksum(header: PacketWindow): string {
  const found = header.uint16(IPV4_CHECKSUM);
  const right = rightChecksum(header, IPV4_CHECKSUM) ?? found;
  return right === found ? '' : `, bad cksum ${found.toString(16)} (->${right.toString(16)})!`;
}

function describe(packet: PacketWindow, headerBytes: number, remark: string, verbose: boolean): IpLayer {
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
    checked: verbose && (fragment & IP_MF) === 0 ? pseudoHeader(packet, headerBytes) : undefined,
    verbose,
  };
}

function pseudoHeader({ bytes, start }: PacketWindow, headerBytes: number): PseudoHeader {
  return {
    bytes,
    sourceOffset: start + IPV4_SOURCE,
    destinationOffset: finalDestinationOffset(bytes, start, headerBytes),
    addressBytes: IPV4_ADDRESS_BYTES,
  };
}

/** Whether the summary of this protocol prints the addresses with the ports. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === IPPROTO_TCP ||
    protocol === IPPROTO_UDP ||
    protocol === IPPROTO_SCTP ||
    protocol === IPPROTO_DCCP
  );
}
