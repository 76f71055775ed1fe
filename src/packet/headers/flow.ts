import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_SOURCE, networkOffset } from './ethernet-header.js';
import {
  IPPROTO_DCCP,
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from './ip-protocol.js';
import {
  IP_MF,
  IP_OFFMASK,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_VERSION_IHL,
} from './ipv4-header.js';
import {
  IP6_MF,
  IP6_OFFSET,
  IPV6_DESTINATION,
  IPV6_FRAGMENT_OFFSET,
  IPV6_FRAGMENT_SIZE,
  IPV6_HEADER_SIZE,
  IPV6_NEXT_HEADER,
  IPV6_SOURCE,
} from './ipv6-header.js';
import { MAC_ADDRESS_BYTES } from './mac-address.js';

/** All hashes of flows are less than this. */
export const FLOW_HASH_END = 0x8000_0000;

const IPV6_OPTION_UNIT = 8;
/** More extension headers than any real packet has: a frame of nothing else must not take long. */
const EXTENSION_HEADERS_MAX = 8;
const PORT_BYTES = 2;

/** `Flow.portsAt` of a packet without ports. */
export const NO_PORTS = -1;

/**
 * The flow that a frame belongs to: addresses, protocol and ports of IPv4 and IPv6, behind VLAN tags and extension headers.
 * One object serves for all frames.
 *
 * A fragment has no ports here, also the first one: all fragments of a datagram belong to one flow.
 */
export class Flow {
  /** Where the source address begins in the frame. The destination address follows it. */
  addressesAt = 0;
  /** Bytes of an address: 4, 16, or 0 if the frame is of no IP. */
  addressBytes = 0;
  /** IPPROTO_ value. */
  protocol = 0;
  /** Where the source port begins in the frame. The destination port follows it. NO_PORTS if there are none. */
  portsAt = NO_PORTS;
  /** Where the frame ends. */
  #end = 0;

  /**
   * Reads the flow of the frame that lies from `bytes[start]` to before `bytes[end]`. False for a frame that belongs to none. All
   * offsets are those in `bytes`.
   */
  read(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    this.addressBytes = 0;
    this.portsAt = NO_PORTS;
    this.#end = end;
    const network = networkOffset(bytes, start, end);
    if (network < 0) return false;
    const etherType = (bytes[network - 2]! << 8) | bytes[network - 1]!;
    if (etherType === ETH_P_IP) return this.#readIpv4(bytes, network);
    return etherType === ETH_P_IPV6 && this.#readIpv6(bytes, network);
  }

  #readIpv4(frame: Uint8Array, start: number): boolean {
    if (start + IPV4_HEADER_SIZE > this.#end) return false;
    this.addressesAt = start + IPV4_SOURCE;
    this.addressBytes = IPV4_DESTINATION - IPV4_SOURCE;
    this.protocol = frame[start + IPV4_PROTOCOL]!;
    const fragment = uint16(frame, start + IPV4_FRAGMENT);
    if ((fragment & (IP_MF | IP_OFFMASK)) === 0)
      this.#readPorts(start + (frame[start + IPV4_VERSION_IHL]! & 0x0f) * 4);
    return true;
  }

  #readIpv6(frame: Uint8Array, start: number): boolean {
    if (start + IPV6_HEADER_SIZE > this.#end) return false;
    this.addressesAt = start + IPV6_SOURCE;
    this.addressBytes = IPV6_DESTINATION - IPV6_SOURCE;
    this.protocol = frame[start + IPV6_NEXT_HEADER]!;
    this.#skipExtensions(frame, start + IPV6_HEADER_SIZE);
    return true;
  }

  #skipExtensions(frame: Uint8Array, start: number): void {
    let at = start;
    for (let header = 0; header < EXTENSION_HEADERS_MAX; header++) {
      const { protocol } = this;
      if (!isExtension(protocol)) {
        this.#readPorts(at);
        return;
      }
      if (at + IPV6_FRAGMENT_SIZE > this.#end) return;
      this.protocol = frame[at]!;
      if (protocol === IPPROTO_FRAGMENT) {
        if ((uint16(frame, at + IPV6_FRAGMENT_OFFSET) & (IP6_OFFSET | IP6_MF)) !== 0) return;
        at += IPV6_FRAGMENT_SIZE;
      } else {
        at += (frame[at + 1]! + 1) * IPV6_OPTION_UNIT;
      }
    }
  }

  #readPorts(at: number): void {
    if (hasPorts(this.protocol) && at + 2 * PORT_BYTES <= this.#end) this.portsAt = at;
  }
}

const hashed = new Flow();

/**
 * A number of 31 bits that is the same for all frames of a flow in both directions. It comes from the addresses, the protocol
 * and the ports. A frame that belongs to no flow has one for its source MAC address. The frame lies from `start` to before
 * `end`.
 */
export function flowHash(frame: Uint8Array, start = 0, end = frame.length): number {
  if (!hashed.read(frame, start, end))
    return end - start < ETH_HLEN ? 0 : finish(mixBytes(frame, start + ETH_SOURCE, MAC_ADDRESS_BYTES, 0));
  const { addressesAt, addressBytes, portsAt } = hashed;
  let source = mixBytes(frame, addressesAt, addressBytes, 0);
  let destination = mixBytes(frame, addressesAt + addressBytes, addressBytes, 0);
  if (portsAt >= 0) {
    source = mix(source, uint16(frame, portsAt));
    destination = mix(destination, uint16(frame, portsAt + PORT_BYTES));
  }
  // A sum, so that the order of the two ends does not matter.
  return finish(mix((finish(source) + finish(destination)) | 0, hashed.protocol));
}

/**
 * A number of 31 bits for the flow that `flow` has read from `frame`, in this direction. Two seeds give numbers that have
 * nothing to do with each other.
 */
export function directedFlowHash(frame: Uint8Array, flow: Flow, seed: number): number {
  const { addressesAt, addressBytes, portsAt, protocol } = flow;
  const addresses = mixBytes(frame, addressesAt, 2 * addressBytes, mix(seed, protocol));
  return finish(portsAt < 0 ? addresses : mixBytes(frame, portsAt, 2 * PORT_BYTES, addresses));
}

function isExtension(protocol: number): boolean {
  return (
    protocol === IPPROTO_HOPOPTS ||
    protocol === IPPROTO_ROUTING ||
    protocol === IPPROTO_FRAGMENT ||
    protocol === IPPROTO_DSTOPTS
  );
}

function hasPorts(protocol: number): boolean {
  return (
    protocol === IPPROTO_TCP ||
    protocol === IPPROTO_UDP ||
    protocol === IPPROTO_SCTP ||
    protocol === IPPROTO_DCCP ||
    protocol === IPPROTO_UDPLITE
  );
}

/** Mixes an even number of bytes into `hash`. */
function mixBytes(bytes: Uint8Array, start: number, count: number, hash: number): number {
  let mixed = hash;
  for (let at = start; at < start + count; at += 2) mixed = mix(mixed, uint16(bytes, at));
  return mixed;
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}

/**
 * Lets each bit of `hash` change each bit of the result: neighbouring addresses get numbers that are far apart. The result is
 * positive and has 31 bits: V8 allocates memory for a larger number.
 */
function finish(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return (twice ^ (twice >>> 16)) >>> 1;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
