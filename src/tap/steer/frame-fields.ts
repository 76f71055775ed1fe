import {
  ETH_DEST,
  ETH_HLEN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_QINQ1,
  ETH_PROTO,
  ETH_SOURCE,
  VLAN_ENCAPSULATED_PROTO,
  VLAN_HLEN,
} from '../../packet/headers/ethernet-header.js';
import {
  IPPROTO_DSTOPTS,
  IPPROTO_FRAGMENT,
  IPPROTO_HOPOPTS,
  IPPROTO_ROUTING,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
} from '../../packet/headers/ip-protocol.js';
import {
  IP_MF,
  IP_OFFMASK,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER_SIZE,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  IPV4_VERSION_IHL,
} from '../../packet/headers/ipv4-header.js';
import {
  IP6_OFFSET,
  IPV6_FRAGMENT_OFFSET,
  IPV6_FRAGMENT_SIZE,
  IPV6_HEADER_SIZE,
  IPV6_NEXT_HEADER,
  IPV6_SOURCE,
  IPV6_VERSION_CLASS_FLOW,
} from '../../packet/headers/ipv6-header.js';
import { MAC_ADDRESS_BYTES } from '../../packet/headers/mac-address.js';
import {
  type BpfAssembler,
  type Label,
  R0,
  R1,
  R2,
  R3,
  R4,
  R6,
  R7,
  R8,
  R9,
  R10,
  type Register,
} from './bpf-assembler.js';
import { BPF_FUNC_skb_load_bytes } from './bpf-instruction.js';

// What the program knows of the frame lies on its stack, below R10. Bytes.

/** The source address, in network order: 16 bytes. An IPv4 address is in the last four, behind zeros. */
export const SOURCE_ADDRESS = -32;
/** The destination address, right behind the source as in an IPv6 header. */
export const DESTINATION_ADDRESS = -16;
/** Source and destination port in network order, two bytes each; 0 if there are none. */
export const SOURCE_PORT = -40;
export const DESTINATION_PORT = -38;
/** A header while the program looks into it. */
const HEADER = -64;

/** The frame: struct __sk_buff. */
export const FRAME = R6;
/** Where the header begins that the program looks into next. */
const OFFSET = R7;
/** After `emitFields`, the protocol that the ports belong to: TCP, UDP or SCTP. 0 if there are no ports. */
export const PORT_PROTOCOL = R8;
/** After `emitFields`, 4 or 6 for a frame of that version of IP. 0 for another. */
export const IP_VERSION = R9;

/** Ethertypes behind which a VLAN tag follows. */
export const TAG_TYPES: readonly number[] = [ETH_P_8021Q, ETH_P_8021AD, ETH_P_QINQ1];
/** VLAN tags in the frame that are passed over. The kernel may have another one beside the frame. */
const TAGS_MAX = 2;
/** Extension headers that are passed over. RFC 8200 expects at most seven in a packet. */
const EXTENSION_HEADERS_MAX = 8;

// Source: include/uapi/linux/in.h, in6.h, mip6.h
const IPPROTO_AH = 51;
const IPPROTO_MH = 135;

/** Headers whose second byte is their length, in units of 8 bytes and without the first 8. */
const OPTION_HEADERS: readonly number[] = [IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS, IPPROTO_MH];
const PORT_PROTOCOLS: readonly number[] = [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP];
const PORTS_BYTES = 4;
/** Where a MAC address lies in the 16 bytes of an address. */
const MAC_PLACE = 8;
const IPV4_PLACE = 12;
const ADDRESSES_BYTES = 32;
const MORE_FRAGMENTS = 1;

/** Begins a program: nothing is known of the frame. */
export function emitStart(program: BpfAssembler): void {
  program.compute('set', FRAME, R1);
  for (let at = SOURCE_PORT; at < 0; at += 8) program.store(8, R10, at, 0);
}

/** Loads `byteCount` bytes of the frame at `offset` into the header on the stack. Jumps to `short` if the frame is shorter. */
export function emitLoadHeader(program: BpfAssembler, offset: number, byteCount: number, short: Label): void {
  program.compute('set', R2, offset);
  emitLoadBytes(program, HEADER, byteCount, short);
}

/** Loads a number in network order from the header on the stack into `destination`. */
export function emitHeaderWord(program: BpfAssembler, destination: Register, at: number): void {
  program.load(2, destination, R10, HEADER + at);
  program.fromNetworkOrder(destination, 2);
}

/**
 * Finds addresses, protocol and ports, behind VLAN tags and extension headers. A frame that is no IP has its MAC addresses as
 * addresses. A fragment has no ports, the first of a packet neither. The registers that `PORT_PROTOCOL` and `IP_VERSION` name,
 * and the stack, have the result.
 */
export function emitFields(program: BpfAssembler): void {
  const noPorts = program.label();
  const ports = program.label();
  const done = program.label();
  program.compute('set', PORT_PROTOCOL, 0);
  program.compute('set', IP_VERSION, 0);
  emitLink(program, { noPorts, ports });
  program.place(ports);
  emitPorts(program, noPorts);
  program.jump(done);
  program.place(noPorts);
  program.compute('set', PORT_PROTOCOL, 0);
  program.place(done);
}

/** Where the code of a header goes on. */
interface Continuation {
  readonly noPorts: Label;
  readonly ports: Label;
}

function emitLink(program: BpfAssembler, next: Continuation): void {
  const ipv6 = program.label();
  emitLoadHeader(program, 0, ETH_HLEN, next.noPorts);
  emitCopy(program, ETH_SOURCE, SOURCE_ADDRESS + MAC_PLACE, MAC_ADDRESS_BYTES);
  emitCopy(program, ETH_DEST, DESTINATION_ADDRESS + MAC_PLACE, MAC_ADDRESS_BYTES);
  emitHeaderWord(program, PORT_PROTOCOL, ETH_PROTO);
  program.compute('set', OFFSET, ETH_HLEN);
  for (let tag = 0; tag < TAGS_MAX; tag++) emitTag(program, next);
  program.jumpIf('equal', PORT_PROTOCOL, ETH_P_IPV6, ipv6);
  program.jumpIf('notEqual', PORT_PROTOCOL, ETH_P_IP, next.noPorts);
  emitIpv4(program, next);
  program.place(ipv6);
  emitIpv6(program, next);
}

/** Passes over a VLAN tag, if there is one. */
function emitTag(program: BpfAssembler, { noPorts }: Continuation): void {
  const tag = program.label();
  const behind = program.label();
  for (const type of TAG_TYPES) program.jumpIf('equal', PORT_PROTOCOL, type, tag);
  program.jump(behind);
  program.place(tag);
  emitLoadNext(program, VLAN_HLEN, noPorts);
  emitHeaderWord(program, PORT_PROTOCOL, VLAN_ENCAPSULATED_PROTO);
  program.compute('add', OFFSET, VLAN_HLEN);
  program.place(behind);
}

function emitIpv4(program: BpfAssembler, { noPorts, ports }: Continuation): void {
  emitLoadNext(program, IPV4_HEADER_SIZE, noPorts);
  emitVersionCheck(program, IPV4_VERSION_IHL, 4, noPorts);
  program.compute('set', IP_VERSION, 4);
  for (const address of [SOURCE_ADDRESS, DESTINATION_ADDRESS]) program.store(8, R10, address + MAC_PLACE, 0);
  emitCopy(program, IPV4_SOURCE, SOURCE_ADDRESS + IPV4_PLACE, 4);
  emitCopy(program, IPV4_DESTINATION, DESTINATION_ADDRESS + IPV4_PLACE, 4);
  emitHeaderWord(program, R1, IPV4_FRAGMENT);
  program.compute('and', R1, IP_MF | IP_OFFMASK);
  program.jumpIf('notEqual', R1, 0, noPorts);
  program.load(1, PORT_PROTOCOL, R10, HEADER + IPV4_PROTOCOL);
  program.load(1, R1, R10, HEADER + IPV4_VERSION_IHL);
  program.compute('and', R1, 0x0f);
  program.compute('shiftLeft', R1, 2);
  program.jumpIf('below', R1, IPV4_HEADER_SIZE, noPorts);
  program.compute('add', OFFSET, R1);
  program.jump(ports);
}

function emitIpv6(program: BpfAssembler, next: Continuation): void {
  const { noPorts, ports } = next;
  emitLoadNext(program, IPV6_SOURCE, noPorts);
  emitVersionCheck(program, IPV6_VERSION_CLASS_FLOW, 6, noPorts);
  program.load(1, PORT_PROTOCOL, R10, HEADER + IPV6_NEXT_HEADER);
  program.compute('set', R2, OFFSET);
  program.compute('add', R2, IPV6_SOURCE);
  emitLoadBytes(program, SOURCE_ADDRESS, ADDRESSES_BYTES, noPorts);
  program.compute('set', IP_VERSION, 6);
  program.compute('add', OFFSET, IPV6_HEADER_SIZE);
  for (let header = 0; header < EXTENSION_HEADERS_MAX; header++) emitExtensionHeader(program, next);
  program.jump(ports);
}

function emitVersionCheck(program: BpfAssembler, at: number, version: number, other: Label): void {
  program.load(1, R1, R10, HEADER + at);
  program.compute('shiftRight', R1, 4);
  program.jumpIf('notEqual', R1, version, other);
}

/** Passes over an extension header, if there is one. Jumps to the ports if there is none. */
function emitExtensionHeader(program: BpfAssembler, { noPorts, ports }: Continuation): void {
  const options = program.label();
  const authentication = program.label();
  const fragment = program.label();
  const behind = program.label();
  for (const type of OPTION_HEADERS) program.jumpIf('equal', PORT_PROTOCOL, type, options);
  program.jumpIf('equal', PORT_PROTOCOL, IPPROTO_AH, authentication);
  program.jumpIf('equal', PORT_PROTOCOL, IPPROTO_FRAGMENT, fragment);
  program.jump(ports);
  program.place(options);
  emitPassOver(program, { unitShift: 3, unitsMore: 1 }, noPorts);
  program.jump(behind);
  program.place(authentication);
  emitPassOver(program, { unitShift: 2, unitsMore: 2 }, noPorts);
  program.jump(behind);
  program.place(fragment);
  emitFragmentHeader(program, noPorts);
  program.place(behind);
}

/** Passes over a header whose second byte is its length in units of 2^unitShift bytes, without `unitsMore` of them. */
function emitPassOver(
  program: BpfAssembler,
  { unitShift, unitsMore }: { readonly unitShift: number; readonly unitsMore: number },
  short: Label,
): void {
  emitLoadNext(program, 2, short);
  program.load(1, PORT_PROTOCOL, R10, HEADER);
  program.load(1, R1, R10, HEADER + 1);
  program.compute('add', R1, unitsMore);
  program.compute('shiftLeft', R1, unitShift);
  program.compute('add', OFFSET, R1);
}

/** A packet can have this header and be whole: then the header is passed over. */
function emitFragmentHeader(program: BpfAssembler, noPorts: Label): void {
  emitLoadNext(program, IPV6_FRAGMENT_SIZE, noPorts);
  emitHeaderWord(program, R1, IPV6_FRAGMENT_OFFSET);
  program.compute('and', R1, IP6_OFFSET | MORE_FRAGMENTS);
  program.jumpIf('notEqual', R1, 0, noPorts);
  program.load(1, PORT_PROTOCOL, R10, HEADER);
  program.compute('add', OFFSET, IPV6_FRAGMENT_SIZE);
}

function emitPorts(program: BpfAssembler, noPorts: Label): void {
  const found = program.label();
  for (const protocol of PORT_PROTOCOLS) program.jumpIf('equal', PORT_PROTOCOL, protocol, found);
  program.jump(noPorts);
  program.place(found);
  program.compute('set', R2, OFFSET);
  emitLoadBytes(program, SOURCE_PORT, PORTS_BYTES, noPorts);
}

function emitLoadNext(program: BpfAssembler, byteCount: number, short: Label): void {
  program.compute('set', R2, OFFSET);
  emitLoadBytes(program, HEADER, byteCount, short);
}

/** Loads bytes of the frame, from the offset in R2 on, to `place` on the stack. */
function emitLoadBytes(program: BpfAssembler, place: number, byteCount: number, short: Label): void {
  program.compute('set', R1, FRAME);
  program.compute('set', R3, R10);
  program.compute('add', R3, place);
  program.compute('set', R4, byteCount);
  program.call(BPF_FUNC_skb_load_bytes);
  program.jumpIf('notEqual', R0, 0, short);
}

/** Copies bytes of the header to `place`, two at a time: both lie at even places. */
function emitCopy(program: BpfAssembler, from: number, place: number, byteCount: number): void {
  for (let at = 0; at < byteCount; at += 2) {
    program.load(2, R1, R10, HEADER + from + at);
    program.store(2, R10, place + at, R1);
  }
}
