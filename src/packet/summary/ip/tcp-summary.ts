import type { PacketWindow } from '../../bytes/packet-window.js';
import { IPPROTO_TCP } from '../../headers/ip-protocol.js';
import { formatTcpFlags } from '../../headers/tcp-flags.js';
import {
  TCP_ACKNOWLEDGE,
  TCP_CHECKSUM,
  TCP_DATA_OFFSET,
  TCP_DESTINATION,
  TCP_FLAG_ACK,
  TCP_FLAG_FIN,
  TCP_FLAG_RST,
  TCP_FLAG_SYN,
  TCP_FLAG_URG,
  TCP_FLAGS,
  TCP_HEADER_SIZE,
  TCP_SEQUENCE,
  TCP_SOURCE,
  TCP_URGENT,
  TCP_WINDOW,
} from '../../headers/tcp-header.js';
import { rightTransportChecksum } from './header-checksum.js';
import { formatEndpoints, formatHosts, type IpLayer } from './ip-layer.js';
import { BAD_OPTION_MARK, summarizeTcpOptions } from './tcp-options-summary.js';

const PORTS_SIZE = 4;

/** Describes a TCP segment as tcpdump -nn -S does; sequence numbers are absolute. */
export function summarizeTcp(segment: PacketWindow, layer: IpLayer): string {
  if (!segment.has(PORTS_SIZE)) return `${formatHosts(layer)}[|tcp]`;
  const ports = formatEndpoints(layer, segment.uint16(TCP_SOURCE), segment.uint16(TCP_DESTINATION));
  if (!segment.has(TCP_HEADER_SIZE)) return `${ports}[|tcp]`;
  const headerBytes = (segment.uint8(TCP_DATA_OFFSET) >> 4) * 4;
  if (headerBytes < TCP_HEADER_SIZE) {
    const payloadBytes = segment.wireLength - headerBytes;
    return `${ports}tcp ${payloadBytes} [bad hdr length ${headerBytes} - too short, < ${TCP_HEADER_SIZE}]`;
  }
  const flags = segment.uint8(TCP_FLAGS);
  const head = `${ports}Flags [${formatTcpFlags(flags)}]`;
  if (headerBytes > segment.wireLength) {
    return `${head} [bad hdr length ${headerBytes} - too long, > ${segment.wireLength}]`;
  }
  const payloadBytes = segment.wireLength - headerBytes;
  const numbers = describeChecksum(segment, layer) + describeNumbers(segment, flags, payloadBytes);
  return head + numbers + describeRest(segment, headerBytes, payloadBytes);
}

/** Nothing if bytes are missing. */
function describeChecksum(segment: PacketWindow, { checked }: IpLayer): string {
  if (checked === undefined) return '';
  const right = rightTransportChecksum(segment, TCP_CHECKSUM, checked, IPPROTO_TCP);
  if (right === undefined) return '';
  const found = segment.uint16(TCP_CHECKSUM);
  return `, cksum ${formatChecksum(found)} (${right === found ? 'correct' : `incorrect -> ${formatChecksum(right)}`})`;
}

function formatChecksum(checksum: number): string {
  return `0x${checksum.toString(16).padStart(4, '0')}`;
}

function describeNumbers(segment: PacketWindow, flags: number, payloadBytes: number): string {
  let text = '';
  const sequence = segment.uint32(TCP_SEQUENCE);
  const end = (sequence + payloadBytes) >>> 0;
  if (payloadBytes > 0) text += `, seq ${sequence}:${end}`;
  else if ((flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)) !== 0) text += `, seq ${sequence}`;
  if ((flags & TCP_FLAG_ACK) !== 0) text += `, ack ${segment.uint32(TCP_ACKNOWLEDGE)}`;
  text += `, win ${segment.uint16(TCP_WINDOW)}`;
  if ((flags & TCP_FLAG_URG) !== 0) text += `, urg ${segment.uint16(TCP_URGENT)}`;
  return text;
}

function describeRest(segment: PacketWindow, headerBytes: number, payloadBytes: number): string {
  if (headerBytes === TCP_HEADER_SIZE) return `, length ${payloadBytes}`;
  const options = summarizeTcpOptions(segment.resize(headerBytes).from(TCP_HEADER_SIZE));
  const whole = segment.has(headerBytes) && !options.endsWith(BAD_OPTION_MARK);
  return `, options ${options}${whole ? `, length ${payloadBytes}` : ''}`;
}
