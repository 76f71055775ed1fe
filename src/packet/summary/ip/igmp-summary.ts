import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv4Address, IPV4_ADDRESS_BYTES } from '../../headers/ip-address.js';
import { rightChecksum } from './header-checksum.js';
import { decodeFloat, GROUP_RECORD_KINDS } from './multicast-group.js';

// Source: include/uapi/linux/igmp.h, struct igmphdr and struct igmpv3_report. Bytes.
const IGMP_HEADER_SIZE = 8;
const IGMP_TYPE = 0; //    __u8
const IGMP_CODE = 1; //    __u8, greatest response time of a query
const IGMP_CSUM = 2; //    __sum16
const IGMP_GROUP = 4; //   __be32
const IGMP_RECORDS = 6; // __be16, number of group records in a version 3 report
const IGMP_SOURCES = 10; // __be16, number of sources in a version 3 query

// Source: include/uapi/linux/igmp.h, struct igmpv3_grec. Bytes.
const GREC_SIZE = 8;
const GREC_TYPE = 0; //      __u8
const GREC_NSRCS = 2; //     __be16
const GREC_MCA = 4; //       __be32

const IGMP_HOST_MEMBERSHIP_QUERY = 0x11;
const IGMP_HOST_MEMBERSHIP_REPORT = 0x12;
const IGMPV2_HOST_MEMBERSHIP_REPORT = 0x16;
const IGMP_HOST_LEAVE_MESSAGE = 0x17;
const IGMPV3_HOST_MEMBERSHIP_REPORT = 0x22;

const V3_QUERY_SIZE = 12;
/** With one record. */
const V3_REPORT_SIZE_MIN = 16;
/** Tenths of a second. */
const RESPONSE_TIME_USUAL = 100;
/** From here on tcpdump writes hours, minutes and seconds. */
const SECONDS_FROM = 600;

/** Describes an IGMP message as tcpdump -n does: `igmp v2 report 239.1.1.1`, and as -v if `verbose`. */
export function summarizeIgmp(message: PacketWindow, verbose: boolean): string {
  if (!message.has(IGMP_HEADER_SIZE)) return '[|igmp]';
  return describe(message, verbose) + (verbose ? describeChecksum(message) : '');
}

/** Only a wrong checksum is printed. */
function describeChecksum(message: PacketWindow): string {
  const found = message.uint16(IGMP_CSUM);
  const right = rightChecksum(message, IGMP_CSUM) ?? found;
  return right === found ? '' : ` bad igmp cksum ${found.toString(16)}!`;
}

function describe(message: PacketWindow, verbose: boolean): string {
  const group = formatIpv4Address(message.bytes, message.start + IGMP_GROUP);
  const type = message.uint8(IGMP_TYPE);
  switch (type) {
    case IGMP_HOST_MEMBERSHIP_QUERY:
      return `igmp query ${describeVersion(message)}${message.isNonzero(IGMP_GROUP, 4) ? ` [gaddr ${group}${describeSources(message)}]` : ''}`;
    case IGMP_HOST_MEMBERSHIP_REPORT:
      return `igmp v1 report ${group}`;
    case IGMPV2_HOST_MEMBERSHIP_REPORT:
      return `igmp v2 report ${group}`;
    case IGMP_HOST_LEAVE_MESSAGE:
      return `igmp leave ${group}`;
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      return `igmp v3 report${describeReport(message, verbose)}`;
    default:
      return `igmp-${type}`;
  }
}

function describeVersion(message: PacketWindow): string {
  const responseTime = message.uint8(IGMP_CODE);
  if (message.wireLength >= V3_QUERY_SIZE) return `v3${describeTime(decodeFloat(responseTime, 8))}`;
  if (responseTime === 0) return 'v1';
  return responseTime === RESPONSE_TIME_USUAL ? 'v2' : `v2 [max resp time ${responseTime}]`;
}

/** In tenths of a second. The usual time is not printed. */
function describeTime(tenths: number): string {
  if (tenths === RESPONSE_TIME_USUAL) return '';
  if (tenths < SECONDS_FROM) return ` [max resp time ${(tenths / 10).toFixed(1)}s]`;
  const seconds = Math.floor(tenths / 10);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = parts.map((part, index) => (part === 0 ? '' : `${part}${'hms'[index]}`)).join('');
  return ` [max resp time ${text}]`;
}

function describeSources(message: PacketWindow): string {
  if (!message.has(V3_QUERY_SIZE)) return '';
  const count = message.uint16(IGMP_SOURCES);
  if (V3_QUERY_SIZE + count * IPV4_ADDRESS_BYTES > message.wireLength) return ' [invalid number of sources]';
  return count === 0 ? '' : `, ${count} source(s)`;
}

function describeReport(message: PacketWindow, verbose: boolean): string {
  if (message.wireLength < V3_REPORT_SIZE_MIN) return ` [invalid len ${message.wireLength}]`;
  return `, ${message.uint16(IGMP_RECORDS)} group record(s)${verbose ? describeRecords(message) : ''}`;
}

function describeRecords(message: PacketWindow): string {
  let text = '';
  let at = IGMP_HEADER_SIZE;
  for (let count = message.uint16(IGMP_RECORDS); count > 0; count--) {
    if (at + GREC_SIZE > message.wireLength) return `${text} [invalid number of groups]`;
    if (!message.has(at + GREC_SIZE)) return `${text} [|igmp]`;
    const group = formatIpv4Address(message.bytes, message.start + at + GREC_MCA);
    const type = message.uint8(at + GREC_TYPE);
    const sources = message.uint16(at + GREC_NSRCS);
    const kind = GROUP_RECORD_KINDS[type] ?? ` [v3-report-#${type}]`;
    at += GREC_SIZE + sources * IPV4_ADDRESS_BYTES;
    if (at > message.wireLength)
      return `${text} [gaddr ${group} ${kind} [invalid number of sources ${sources}]`;
    text += ` [gaddr ${group} ${kind}, ${sources} source(s)]`;
  }
  return text;
}
