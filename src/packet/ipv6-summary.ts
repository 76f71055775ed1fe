import { formatIpv6Address, IPV6_ADDRESS_BYTES } from './ip-address.js';
import { finishedLayer, type IpLayer } from './ip-layer.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from './ip-protocol.js';
import { hasPorts } from './ipv4-summary.js';
import {
  IP6_OFFSET,
  IPV6_DESTINATION,
  IPV6_FRAGMENT_OFFSET,
  IPV6_FRAGMENT_SIZE,
  IPV6_HEADER_SIZE,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
} from './ipv6-header.js';
import type { PacketWindow } from './packet-window.js';

// Source: include/uapi/linux/in6.h, include/net/ipv6.h: an option of the hop-by-hop header.
const IPV6_TLV_PAD1 = 0;
const IPV6_TLV_JUMBO = 194;
const IPV6_TLV_JUMBO_SIZE = 6;

/** Extension headers begin with the next header and their length in 8-byte units beyond the first. */
const EXTENSION_UNIT_BYTES = 8;
const EXTENSION_LENGTH = 1;
const ROUTING_TYPE = 2;
const ROUTING_SEGMENTS_LEFT = 3;
const ROUTING_SEGMENTS = 4;
const ROUTING_WITH_ADDRESSES: readonly number[] = [0, 2, ROUTING_SEGMENTS];
// Source: include/uapi/linux/seg6.h, struct ipv6_sr_hdr. Bytes.
const SEGMENTS_LAST_ENTRY = 4; // __u8
const SEGMENTS_TAG = 6; //        __be16

/** The largest payload that the length field can tell. */
const PAYLOAD_LENGTH_MAX = 0xffff;

/** Reads an IPv6 header and its extension headers as tcpdump -n describes them; the text begins behind `IP6 `. */
export function summarizeIpv6(packet: PacketWindow): IpLayer {
  if (!packet.has(IPV6_HEADER_SIZE)) return finishedLayer(6, '[|ip6]');
  const version = packet.uint8(0) >> 4;
  if (version !== 6) return finishedLayer(6, `version error: ${version} != 6`);
  const payloadBytes = readPayloadBytes(packet);
  const missing = payloadBytes + IPV6_HEADER_SIZE - packet.wireLength;
  const remark = missing > 0 ? `truncated-ip6 - ${missing} bytes missing! ` : '';
  return new ExtensionWalk(packet.resize(IPV6_HEADER_SIZE + payloadBytes), remark).finish();
}

/**
 * The length field is 0 in packets above 64 KiB: with a jumbo payload option, or without one when the kernel built
 * them for offloading.
 */
function readPayloadBytes(packet: PacketWindow): number {
  const payloadBytes = packet.uint16(IPV6_PAYLOAD_LENGTH);
  if (payloadBytes !== 0) return payloadBytes;
  const nextHeader = packet.uint8(IPV6_NEXT_HEADER);
  if (nextHeader === IPPROTO_HOPOPTS) return findJumboBytes(packet.from(IPV6_HEADER_SIZE));
  const offloaded = nextHeader === IPPROTO_TCP || nextHeader === IPPROTO_UDP;
  return offloaded && packet.wireLength > PAYLOAD_LENGTH_MAX ? packet.wireLength - IPV6_HEADER_SIZE : 0;
}

/** The payload length of the jumbo option among hop-by-hop options, 0 without one. */
function findJumboBytes(header: PacketWindow): number {
  if (!header.has(EXTENSION_UNIT_BYTES)) return 0;
  const end = Math.min(extensionBytes(header), header.capturedLength);
  let offset = 2;
  while (offset + IPV6_TLV_JUMBO_SIZE <= end) {
    const type = header.uint8(offset);
    if (type === IPV6_TLV_JUMBO) return header.uint32(offset + 2);
    offset += type === IPV6_TLV_PAD1 ? 1 : 2 + header.uint8(offset + 1);
  }
  return 0;
}

function extensionBytes(header: PacketWindow): number {
  return (header.uint8(EXTENSION_LENGTH) + 1) * EXTENSION_UNIT_BYTES;
}

/** Walks the chain of extension headers and collects what is printed about them. */
class ExtensionWalk {
  readonly #source: string;
  readonly #destination: string;
  #text: string;
  #nextHeader: number;
  #rest: PacketWindow;
  #addressesShown = false;
  #fragmented = false;
  #finished = false;

  constructor(packet: PacketWindow, remark: string) {
    this.#source = formatIpv6Address(packet.bytes, packet.start + IPV6_SOURCE);
    this.#destination = formatIpv6Address(packet.bytes, packet.start + IPV6_DESTINATION);
    this.#text = remark;
    this.#nextHeader = packet.uint8(IPV6_NEXT_HEADER);
    this.#rest = packet.from(IPV6_HEADER_SIZE);
    if (hasPorts(this.#nextHeader)) return;
    this.#text += `${this.#source} > ${this.#destination}: `;
    this.#addressesShown = true;
  }

  finish(): IpLayer {
    while (!this.#finished && isExtension(this.#nextHeader)) this.#step();
    return {
      version: 6,
      text: this.#text,
      addressesShown: this.#addressesShown,
      source: this.#source,
      destination: this.#destination,
      protocol: this.#nextHeader,
      fragmented: this.#fragmented,
      payload: this.#finished ? undefined : this.#rest,
    };
  }

  #step(): void {
    const name = EXTENSION_NAMES[this.#nextHeader]!;
    const header = this.#rest;
    const headerBytes = this.#nextHeader === IPPROTO_FRAGMENT ? IPV6_FRAGMENT_SIZE : EXTENSION_UNIT_BYTES;
    if (
      !header.has(headerBytes) ||
      (headerBytes === EXTENSION_UNIT_BYTES && !header.has(this.#size(header)))
    ) {
      this.#stop(`[|${name.protocol}]`);
      return;
    }
    this.#text += name.text;
    if (this.#nextHeader === IPPROTO_FRAGMENT) this.#describeFragment(header);
    if (this.#nextHeader === IPPROTO_ROUTING) this.#text += formatRouting(header);
    this.#rest = header.from(this.#size(header));
    this.#nextHeader = header.uint8(0);
  }

  #size(header: PacketWindow): number {
    return this.#nextHeader === IPPROTO_FRAGMENT ? IPV6_FRAGMENT_SIZE : extensionBytes(header);
  }

  /** A fragment that is not the first has no transport header to describe. */
  #describeFragment(header: PacketWindow): void {
    const offset = header.uint16(IPV6_FRAGMENT_OFFSET) & IP6_OFFSET;
    this.#text += `(${offset}|${Math.max(0, header.wireLength - IPV6_FRAGMENT_SIZE)})`;
    this.#fragmented = true;
    if (offset === 0) this.#text += ' ';
    else this.#finished = true;
  }

  #stop(text: string): void {
    this.#text += text;
    this.#finished = true;
  }
}

const EXTENSION_NAMES: Readonly<Record<number, { readonly text: string; readonly protocol: string }>> = {
  [IPPROTO_HOPOPTS]: { text: 'HBH ', protocol: 'hbhopt' },
  [IPPROTO_DSTOPTS]: { text: 'DSTOPT ', protocol: 'dstopt' },
  [IPPROTO_ROUTING]: { text: 'RT6 ', protocol: 'rt6' },
  [IPPROTO_FRAGMENT]: { text: 'frag ', protocol: 'frag6' },
};

function isExtension(nextHeader: number): boolean {
  return EXTENSION_NAMES[nextHeader] !== undefined;
}

/** Types 0, 2 and 4 (segment routing) list addresses behind their first eight bytes. */
function formatRouting(header: PacketWindow): string {
  const type = header.uint8(ROUTING_TYPE);
  let text = `(len=${header.uint8(EXTENSION_LENGTH)}, type=${type}${type === 0 ? ' [Deprecated]' : ''}`;
  text += `, segleft=${header.uint8(ROUTING_SEGMENTS_LEFT)}`;
  if (type === ROUTING_SEGMENTS) {
    text += `, last-entry=${header.uint8(SEGMENTS_LAST_ENTRY)}, tag=${header.uint16(SEGMENTS_TAG).toString(16)}`;
  }
  const addressCount = ROUTING_WITH_ADDRESSES.includes(type) ? header.uint8(EXTENSION_LENGTH) >> 1 : 0;
  for (let index = 0; index < addressCount; index++) {
    const offset = header.start + EXTENSION_UNIT_BYTES + index * IPV6_ADDRESS_BYTES;
    text += `, [${index}]${formatIpv6Address(header.bytes, offset)}`;
  }
  return `${text}) `;
}
