import { formatHexByte } from '../../bytes/hex.js';
import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv6Address, IPV6_ADDRESS_BYTES } from '../../headers/ip-address.js';

// Source: include/uapi/linux/in6.h, include/net/ipv6.h: options of the hop-by-hop and destination headers.
const IPV6_TLV_PAD1 = 0;
const IPV6_TLV_PADN = 1;
const IPV6_TLV_ROUTERALERT = 5;
const IPV6_TLV_JUMBO = 194;
const IPV6_TLV_HAO = 201;

/** Kind and length of the value, which follows. */
const OPTION_HEADER_SIZE = 2;
const JUMBO_SIZE = 6;
const ALERT_SIZE = 4;

/** The payload length of the jumbo option among the hop-by-hop options of `header`, 0 without one. */
export function findJumboBytes(header: PacketWindow): number {
  let offset = OPTION_HEADER_SIZE;
  while (header.has(offset + JUMBO_SIZE)) {
    const kind = header.uint8(offset);
    if (kind === IPV6_TLV_JUMBO) return header.uint32(offset + OPTION_HEADER_SIZE);
    offset += kind === IPV6_TLV_PAD1 ? 1 : OPTION_HEADER_SIZE + header.uint8(offset + 1);
  }
  return 0;
}

/** Describes the options of a complete extension header as tcpdump -v does: `(rtalert: 0x0000) (padn) `. */
export function summarizeIpv6Options(header: PacketWindow): string {
  let text = '';
  let offset = OPTION_HEADER_SIZE;
  while (offset < header.wireLength) {
    const kind = header.uint8(offset);
    if (kind === IPV6_TLV_PAD1) {
      text += '(pad1)';
      offset += 1;
      continue;
    }
    const option = header.from(offset);
    const length = option.has(OPTION_HEADER_SIZE) ? OPTION_HEADER_SIZE + option.uint8(1) : 0;
    if (length === 0 || !option.has(length)) return `${text}[trunc] `;
    text += describeOption(kind, option, length);
    offset += length;
  }
  return `${text} `;
}

function describeOption(kind: number, option: PacketWindow, length: number): string {
  switch (kind) {
    case IPV6_TLV_PADN:
      return '(padn)';
    case IPV6_TLV_ROUTERALERT:
      if (length !== ALERT_SIZE) return `(rtalert: invalid len ${length - OPTION_HEADER_SIZE})`;
      return `(rtalert: 0x${formatHexByte(option.uint8(2))}${formatHexByte(option.uint8(3))}) `;
    case IPV6_TLV_JUMBO:
      if (length !== JUMBO_SIZE) return `(jumbo: invalid len ${length - OPTION_HEADER_SIZE})`;
      return `(jumbo: ${option.uint32(OPTION_HEADER_SIZE)}) `;
    case IPV6_TLV_HAO:
      if (length < OPTION_HEADER_SIZE + IPV6_ADDRESS_BYTES)
        return `(homeaddr: invalid len ${length - OPTION_HEADER_SIZE})`;
      return `(homeaddr: ${formatIpv6Address(option.bytes, option.start + OPTION_HEADER_SIZE)})`;
    default:
      return `(opt_type 0x${formatHexByte(kind)}: len=${length - OPTION_HEADER_SIZE})`;
  }
}
