import type { PacketWindow } from '../../bytes/packet-window.js';
import { formatIpv6Address, IPV6_ADDRESS_BYTES } from '../../headers/ip-address.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../headers/ip-protocol.js';
import {
  IP6_OFFSET,
  IPV6_DESTINATION,
  IPV6_FRAGMENT_ID,
  IPV6_FRAGMENT_OFFSET,
  IPV6_FRAGMENT_SIZE,
  IPV6_HEADER_SIZE,
  IPV6_HOP_LIMIT,
  IPV6_NEXT_HEADER,
  IPV6_PAYLOAD_LENGTH,
  IPV6_SOURCE,
  IPV6_VERSION_CLASS_FLOW,
} from '../../headers/ipv6-header.js';
import type { PseudoHeader } from './header-checksum.js';
import { finishedLayer, type IpLayer } from './ip-layer.js';
import { formatIpProtocol } from './ip-protocol-name.js';
import { hasPorts } from './ipv4-summary.js';
import { findJumboBytes, summarizeIpv6Options } from './ipv6-options-summary.js';

/** Extension headers begin with the next header and their length in 8-byte units beyond the first. */
const EXTENSION_UNIT_BYTES = 8;
const EXTENSION_LENGTH = 1;
const ROUTING_TYPE = 2;
const ROUTING_SEGMENTS_LEFT = 3;
const ROUTING_RESERVED = 4;
const ROUTING_SEGMENTS = 4;
const ROUTING_WITH_ADDRESSES: readonly number[] = [0, 2, ROUTING_SEGMENTS];
// Source: include/uapi/linux/seg6.h, struct ipv6_sr_hdr. Bytes.
const SEGMENTS_LAST_ENTRY = 4; // __u8
const SEGMENTS_FLAGS = 5; //      __u8
const SEGMENTS_TAG = 6; //        __be16

/** The largest number in the length field. */
const PAYLOAD_LENGTH_MAX = 0xffff;

/**
 * Reads an IPv6 header and its extension headers. The layer's text is what tcpdump -n, or -v if `verbose`, prints behind
 * `IP6 `.
 */
export function summarizeIpv6(packet: PacketWindow, verbose: boolean): IpLayer {
  if (!packet.has(IPV6_HEADER_SIZE)) return finishedLayer(6, '[|ip6]');
  const version = packet.uint8(0) >> 4;
  if (version !== 6) return finishedLayer(6, `version error: ${version} != 6`);
  const payloadBytes = readPayloadBytes(packet);
  const missing = payloadBytes + IPV6_HEADER_SIZE - packet.wireLength;
  const remark = missing > 0 ? `truncated-ip6 - ${missing} bytes missing! ` : '';
  const whole = packet.resize(IPV6_HEADER_SIZE + payloadBytes);
  return new ExtensionWalk(whole, remark + (verbose ? describeHeader(packet) : ''), verbose).finish();
}

/** Header fields as `(flowlabel 0x12345, hlim 64, next-header TCP (6) payload length: 40) `. */
function describeHeader(packet: PacketWindow): string {
  const word = packet.uint32(IPV6_VERSION_CLASS_FLOW);
  const trafficClass = (word >>> 20) & 0xff;
  const flowLabel = word & 0xfffff;
  let text = '(';
  if (trafficClass !== 0) text += `class 0x${trafficClass.toString(16).padStart(2, '0')}, `;
  if (flowLabel !== 0) text += `flowlabel 0x${flowLabel.toString(16).padStart(5, '0')}, `;
  text += `hlim ${packet.uint8(IPV6_HOP_LIMIT)}, next-header ${formatIpProtocol(packet.uint8(IPV6_NEXT_HEADER))}`;
  return `${text} payload length: ${packet.uint16(IPV6_PAYLOAD_LENGTH)}) `;
}

/**
 * The length field is 0 in packets of more than 64 KiB: they have a jumbo payload option, or the kernel built them for
 * offloading.
 */
function readPayloadBytes(packet: PacketWindow): number {
  const payloadBytes = packet.uint16(IPV6_PAYLOAD_LENGTH);
  if (payloadBytes !== 0) return payloadBytes;
  const nextHeader = packet.uint8(IPV6_NEXT_HEADER);
  if (nextHeader === IPPROTO_HOPOPTS) return readJumboBytes(packet.from(IPV6_HEADER_SIZE));
  const offloaded = nextHeader === IPPROTO_TCP || nextHeader === IPPROTO_UDP;
  return offloaded && packet.wireLength > PAYLOAD_LENGTH_MAX ? packet.wireLength - IPV6_HEADER_SIZE : 0;
}

function readJumboBytes(header: PacketWindow): number {
  return header.has(EXTENSION_UNIT_BYTES) ? findJumboBytes(header.resize(extensionBytes(header))) : 0;
}

function extensionBytes(header: PacketWindow): number {
  return (header.uint8(EXTENSION_LENGTH) + 1) * EXTENSION_UNIT_BYTES;
}

/** Walks the chain of extension headers and collects what is printed about them. */
class ExtensionWalk {
  readonly #packet: PacketWindow;
  readonly #verbose: boolean;
  readonly #source: string;
  readonly #destination: string;
  #destinationOffset: number;
  #text: string;
  #nextHeader: number;
  #rest: PacketWindow;
  #addressesShown = false;
  #fragmented = false;
  #finished = false;

  constructor(packet: PacketWindow, remark: string, verbose: boolean) {
    this.#packet = packet;
    this.#verbose = verbose;
    this.#destinationOffset = packet.start + IPV6_DESTINATION;
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
      checked: this.#verbose && !this.#fragmented ? this.#pseudoHeader() : undefined,
      verbose: this.#verbose,
    };
  }

  #pseudoHeader(): PseudoHeader {
    return {
      bytes: this.#packet.bytes,
      sourceOffset: this.#packet.start + IPV6_SOURCE,
      destinationOffset: this.#destinationOffset,
      addressBytes: IPV6_ADDRESS_BYTES,
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
    else if (this.#nextHeader === IPPROTO_ROUTING) this.#describeRouting(header);
    else if (this.#verbose) this.#text += summarizeIpv6Options(header.resize(this.#size(header)));
    this.#rest = header.from(this.#size(header));
    this.#nextHeader = header.uint8(0);
  }

  #size(header: PacketWindow): number {
    return this.#nextHeader === IPPROTO_FRAGMENT ? IPV6_FRAGMENT_SIZE : extensionBytes(header);
  }

  /** Only the first fragment has a transport header. */
  #describeFragment(header: PacketWindow): void {
    const offset = header.uint16(IPV6_FRAGMENT_OFFSET) & IP6_OFFSET;
    const id = this.#verbose ? `0x${header.uint32(IPV6_FRAGMENT_ID).toString(16).padStart(8, '0')}:` : '';
    this.#text += `(${id}${offset}|${Math.max(0, header.wireLength - IPV6_FRAGMENT_SIZE)})`;
    this.#fragmented = true;
    if (offset === 0) this.#text += ' ';
    else this.#finished = true;
  }

  #describeRouting(header: PacketWindow): void {
    this.#text += formatRouting(header, this.#verbose);
    const type = header.uint8(ROUTING_TYPE);
    if (header.uint8(EXTENSION_LENGTH) < 2 || !ROUTING_WITH_ADDRESSES.includes(type)) return;
    // Segment routing lists them in reverse.
    const last = type === ROUTING_SEGMENTS ? EXTENSION_UNIT_BYTES : this.#size(header) - IPV6_ADDRESS_BYTES;
    if (header.uint8(ROUTING_SEGMENTS_LEFT) !== 0) this.#destinationOffset = header.start + last;
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
function formatRouting(header: PacketWindow, verbose: boolean): string {
  const type = header.uint8(ROUTING_TYPE);
  let text = `(len=${header.uint8(EXTENSION_LENGTH)}, type=${type}${type === 0 ? ' [Deprecated]' : ''}`;
  text += `, segleft=${header.uint8(ROUTING_SEGMENTS_LEFT)}`;
  const reserved = header.uint32(ROUTING_RESERVED);
  if ((type === 0 || type === 2) && (verbose || reserved !== 0)) text += `, rsv=0x${reserved.toString(16)}`;
  if (type === ROUTING_SEGMENTS) {
    const flags = header.uint8(SEGMENTS_FLAGS);
    text += `, last-entry=${header.uint8(SEGMENTS_LAST_ENTRY)}`;
    if (verbose || flags !== 0) text += `, flags=0x${flags.toString(16)}`;
    text += `, tag=${header.uint16(SEGMENTS_TAG).toString(16)}`;
  }
  const addressCount = ROUTING_WITH_ADDRESSES.includes(type) ? header.uint8(EXTENSION_LENGTH) >> 1 : 0;
  for (let index = 0; index < addressCount; index++) {
    const offset = header.start + EXTENSION_UNIT_BYTES + index * IPV6_ADDRESS_BYTES;
    text += `, [${index}]${formatIpv6Address(header.bytes, offset)}`;
  }
  return `${text}) `;
}
