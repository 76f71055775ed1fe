import { formatIpv4Address } from './ip-address.js';
import type { PacketWindow } from './packet-window.js';

// Source: include/uapi/linux/igmp.h, struct igmphdr and struct igmpv3_report. Bytes.
const IGMP_HEADER_SIZE = 8;
const IGMP_TYPE = 0; //    __u8
const IGMP_CODE = 1; //    __u8, greatest response time of a query
const IGMP_GROUP = 4; //   __be32
const IGMP_RECORDS = 6; // __be16, number of group records in a version 3 report

const IGMP_HOST_MEMBERSHIP_QUERY = 0x11;
const IGMP_HOST_MEMBERSHIP_REPORT = 0x12;
const IGMPV2_HOST_MEMBERSHIP_REPORT = 0x16;
const IGMP_HOST_LEAVE_MESSAGE = 0x17;
const IGMPV3_HOST_MEMBERSHIP_REPORT = 0x22;

const V3_QUERY_SIZE = 12;
/** Tenths of a second. */
const RESPONSE_TIME_USUAL = 100;

/** Describes an IGMP message as tcpdump -n does: `igmp v2 report 239.1.1.1`. */
export function summarizeIgmp(message: PacketWindow): string {
  if (!message.has(IGMP_HEADER_SIZE)) return '[|igmp]';
  const group = formatIpv4Address(message.bytes, message.start + IGMP_GROUP);
  const type = message.uint8(IGMP_TYPE);
  switch (type) {
    case IGMP_HOST_MEMBERSHIP_QUERY:
      return `igmp query ${describeVersion(message)}${message.isNonzero(IGMP_GROUP, 4) ? ` [gaddr ${group}]` : ''}`;
    case IGMP_HOST_MEMBERSHIP_REPORT:
      return `igmp v1 report ${group}`;
    case IGMPV2_HOST_MEMBERSHIP_REPORT:
      return `igmp v2 report ${group}`;
    case IGMP_HOST_LEAVE_MESSAGE:
      return `igmp leave ${group}`;
    case IGMPV3_HOST_MEMBERSHIP_REPORT:
      return `igmp v3 report, ${message.uint16(IGMP_RECORDS)} group record(s)`;
    default:
      return `igmp-${type}`;
  }
}

function describeVersion(message: PacketWindow): string {
  if (message.wireLength >= V3_QUERY_SIZE) return 'v3';
  const responseTime = message.uint8(IGMP_CODE);
  if (responseTime === 0) return 'v1';
  return responseTime === RESPONSE_TIME_USUAL ? 'v2' : `v2 [max resp time ${responseTime}]`;
}
