import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv6Address, IPV6_ADDRESS_BYTES } from '../../headers/ip-address.js';
import { decodeFloat, GROUP_RECORD_KINDS } from './multicast-group.js';

// Source: RFC 3810, 5.1 and 5.2: version 2 query and report. Bytes; multi-byte fields are big-endian.
export const MLD_V2_QUERY_SIZE = 28;
const MLD_TYPE = 0; //        1
const MLD_MAX_DELAY = 4; //   2
const MLD_GROUP = 8; //      16
const MLD_FLAGS = 24; //      1: S flag, robustness (3 bits)
const MLD_INTERVAL = 25; //   1
const MLD_SOURCES = 26; //    2
const MLD_RECORDS = 6; //     2
const MLD_REPORT_SIZE = 8;

// Source: RFC 3810, 5.2: a group record. Bytes.
const RECORD_SIZE = 20;
const RECORD_TYPE = 0; //     1
const RECORD_SOURCES = 2; //  2
const RECORD_GROUP = 4; //   16

const ICMPV6_MGM_QUERY = 130;
const S_FLAG = 0x08;
const ROBUSTNESS_MASK = 0x07;

/** What tcpdump -v prints behind the name of a version 2 multicast listener query or report. */
export function describeListenerDetails(message: PacketWindow): string {
  return message.uint8(MLD_TYPE) === ICMPV6_MGM_QUERY ? describeQuery(message) : describeRecords(message);
}

/** The caller has checked its length. */
function describeQuery(message: PacketWindow): string {
  const flags = message.uint8(MLD_FLAGS);
  const sources = message.uint16(MLD_SOURCES);
  let text = ` v2 [max resp delay=${decodeFloat(message.uint16(MLD_MAX_DELAY), 16)}]`;
  text += ` [gaddr ${addressAt(message, MLD_GROUP)}${(flags & S_FLAG) === 0 ? '' : ' sflag'}`;
  if ((flags & ROBUSTNESS_MASK) !== 0) text += ` robustness=${flags & ROBUSTNESS_MASK}`;
  text += ` qqi=${decodeFloat(message.uint8(MLD_INTERVAL), 8)}`;
  if (MLD_V2_QUERY_SIZE + sources * IPV6_ADDRESS_BYTES > message.wireLength) {
    return `${text} [invalid number of sources]]`;
  }
  return `${text}${sources === 0 ? '' : `, ${sources} source(s)`}]`;
}

function describeRecords(message: PacketWindow): string {
  let text = '';
  let at = MLD_REPORT_SIZE;
  for (let count = message.uint16(MLD_RECORDS); count > 0; count--) {
    if (at + RECORD_SIZE > message.wireLength) return `${text} [invalid number of groups]`;
    if (!message.has(at + RECORD_SIZE)) return `${text} [|icmp6]`;
    const type = message.uint8(at + RECORD_TYPE);
    const sources = message.uint16(at + RECORD_SOURCES);
    const kind = GROUP_RECORD_KINDS[type] ?? ` [v2-report-#${type}]`;
    const record = ` [gaddr ${addressAt(message, at + RECORD_GROUP)} ${kind}`;
    at += RECORD_SIZE + sources * IPV6_ADDRESS_BYTES;
    if (at > message.wireLength) return `${text}${record} [invalid number of sources ${sources}]`;
    text += `${record}, ${sources} source(s)]`;
  }
  return text;
}

function addressAt(window: PacketWindow, offset: number): string {
  return formatIpv6Address(window.bytes, window.start + offset);
}
