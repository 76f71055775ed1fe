import { ETH_HLEN, ETH_PROTO, VLAN_HLEN, VLAN_TCI } from '../../packet/headers/ethernet-header.js';
import { IPPROTO_TCP, IPPROTO_UDP } from '../../packet/headers/ip-protocol.js';
import { BpfAssembler, type Label, R0, R2, R3, R10 } from './bpf-assembler.js';
import { emitFlowHash } from './flow-hash.js';
import {
  DESTINATION_ADDRESS,
  DESTINATION_PORT,
  emitFields,
  emitHeaderWord,
  emitLoadHeader,
  emitStart,
  FRAME,
  IP_VERSION,
  PORT_PROTOCOL,
  SOURCE_ADDRESS,
  SOURCE_PORT,
  TAG_TYPES,
} from './frame-fields.js';
import { emitRangeSearch, emitWideModulo } from './range-search.js';
import type { CheckedRule } from './steering-rule.js';

// Source: include/uapi/linux/bpf.h, struct __sk_buff. Bytes.
const SKB_VLAN_PRESENT = 20; // __u32
const SKB_VLAN_TCI = 24; //     __u32

const VLAN_ID_MASK = 0x0fff;
/** The kernel takes 16 bits of what a program returns, and takes these modulo the number of queues. */
const RESULT_VALUES = 2 ** 16;

/** Where the ports and addresses of a key are, and the protocol that the ports must belong to; any if it is undefined. */
type Field =
  | { readonly port: number; readonly protocol?: number }
  | { readonly address: number }
  | { readonly vlan: true };

const FIELDS: Readonly<Record<Exclude<CheckedRule['by'], 'flow'>, Field>> = {
  'udp-dst-port': { port: DESTINATION_PORT, protocol: IPPROTO_UDP },
  'tcp-dst-port': { port: DESTINATION_PORT, protocol: IPPROTO_TCP },
  'dst-port': { port: DESTINATION_PORT },
  'src-port': { port: SOURCE_PORT },
  'src-ip': { address: SOURCE_ADDRESS },
  'dst-ip': { address: DESTINATION_ADDRESS },
  vlan: { vlan: true },
};

/** For what machine, and for which device, a program is made. */
export interface ProgramTarget {
  /** Queues of the device. */
  readonly queueCount: number;
  /** The kernel's index of each queue, -1 for one that is detached. @default the numbers of the queues */
  readonly indexes?: readonly number[] | undefined;
  readonly littleEndian: boolean;
}

/**
 * Makes the eBPF program, of the socket filter type, that chooses a queue by `rule`. The kernel takes what it returns modulo the number
 * of attached queues.
 */
export function makeSteeringProgram(rule: CheckedRule, target: ProgramTarget): Uint8Array {
  const program = new BpfAssembler();
  const otherwise = program.label();
  const ending = target.indexes === undefined ? undefined : program.label();
  program.endAt(ending);
  emitStart(program);
  if (rule.by === 'flow') emitFlowOrElse(program, otherwise);
  else emitField(program, rule, { field: FIELDS[rule.by], queueCount: target.queueCount, otherwise });
  program.place(otherwise);
  emitOtherwise(program, rule);
  program.endAt(undefined);
  if (ending !== undefined) emitTranslation(program, ending, target.indexes ?? []);
  return program.assemble(target.littleEndian);
}

/** Puts the kernel's index of the queue into R0, which has its number as the kernel would take it. */
function emitTranslation(program: BpfAssembler, ending: Label, indexes: readonly number[]): void {
  program.place(ending);
  program.compute('and', R0, RESULT_VALUES - 1);
  program.compute('modulo', R0, indexes.length);
  for (const [queue, index] of indexes.entries()) {
    if (index === queue || index < 0) continue;
    const next = program.label();
    program.jumpIf('notEqual', R0, queue, next);
    program.compute('set', R0, index);
    program.exit();
    program.place(next);
  }
  program.exit();
}

/** A frame that is no IP has no flow. */
function emitFlowOrElse(program: BpfAssembler, otherwise: Label): void {
  emitFields(program);
  program.jumpIf('equal', IP_VERSION, 0, otherwise);
  emitFlowHash(program);
}

interface FieldPart {
  readonly field: Field;
  readonly queueCount: number;
  readonly otherwise: Label;
}

function emitField(
  program: BpfAssembler,
  rule: CheckedRule,
  { field, queueCount, otherwise }: FieldPart,
): void {
  const { ranges } = rule;
  if ('address' in field) {
    emitFields(program);
    if (ranges === undefined) emitAddressModulo(program, field.address, queueCount, otherwise);
    else emitAddressSearch(program, field.address, ranges, otherwise);
    return;
  }
  if ('vlan' in field) emitVlanId(program, otherwise);
  else emitPort(program, field, otherwise);
  if (ranges !== undefined) {
    emitRangeSearch(program, ranges, otherwise);
    return;
  }
  program.compute('set', R0, R2);
  program.exit();
}

/** Puts the port into R2. */
function emitPort(
  program: BpfAssembler,
  { port, protocol }: { readonly port: number; readonly protocol?: number },
  otherwise: Label,
): void {
  emitFields(program);
  if (protocol === undefined) program.jumpIf('equal', PORT_PROTOCOL, 0, otherwise);
  else program.jumpIf('notEqual', PORT_PROTOCOL, protocol, otherwise);
  program.load(2, R2, R10, port);
  program.fromNetworkOrder(R2, 2);
}

/** Puts the id of the outer VLAN tag into R2. The kernel may keep that tag beside the frame. */
function emitVlanId(program: BpfAssembler, otherwise: Label): void {
  const inside = program.label();
  const tagged = program.label();
  const found = program.label();
  program.load(4, R2, FRAME, SKB_VLAN_PRESENT);
  program.jumpIf('equal', R2, 0, inside);
  program.load(4, R2, FRAME, SKB_VLAN_TCI);
  program.jump(found);
  program.place(inside);
  emitLoadHeader(program, 0, ETH_HLEN, otherwise);
  emitHeaderWord(program, R2, ETH_PROTO);
  for (const type of TAG_TYPES) program.jumpIf('equal', R2, type, tagged);
  program.jump(otherwise);
  program.place(tagged);
  emitLoadHeader(program, ETH_HLEN, VLAN_HLEN, otherwise);
  emitHeaderWord(program, R2, VLAN_TCI);
  program.place(found);
  program.compute('and', R2, VLAN_ID_MASK);
}

/**
 * Ends the program with the address modulo the largest multiple of the number of queues that has room in 16 bits. So the kernel's
 * modulo has the right result, also if another number of queues is attached that divides this multiple.
 */
function emitAddressModulo(
  program: BpfAssembler,
  address: number,
  queueCount: number,
  otherwise: Label,
): void {
  program.jumpIf('equal', IP_VERSION, 0, otherwise);
  emitLoadAddress(program, address);
  emitWideModulo(program, RESULT_VALUES - (RESULT_VALUES % queueCount));
  program.compute('set', R0, R2);
  program.exit();
}

function emitAddressSearch(
  program: BpfAssembler,
  address: number,
  ranges: NonNullable<CheckedRule['ranges']>,
  otherwise: Label,
): void {
  const ipv4 = ranges.filter(({ bits }) => bits === 32);
  const ipv6 = ranges.filter(({ bits }) => bits === 128);
  const notIpv4 = program.label();
  program.jumpIf('notEqual', IP_VERSION, 4, notIpv4);
  if (ipv4.length === 0) program.jump(otherwise);
  else {
    program.load(4, R2, R10, address + 12);
    program.fromNetworkOrder(R2, 4);
    emitRangeSearch(program, ipv4, otherwise);
  }
  program.place(notIpv4);
  program.jumpIf('notEqual', IP_VERSION, 6, otherwise);
  if (ipv6.length === 0) return;
  emitLoadAddress(program, address);
  emitRangeSearch(program, ipv6, otherwise);
}

/** Loads an address of 128 bits into R2 (high half) and R3. */
function emitLoadAddress(program: BpfAssembler, address: number): void {
  program.load(8, R2, R10, address);
  program.fromNetworkOrder(R2, 8);
  program.load(8, R3, R10, address + 8);
  program.fromNetworkOrder(R3, 8);
}

/** Ends the program for a frame without the field, or with a value that no range contains. */
function emitOtherwise(program: BpfAssembler, { by, otherwise }: CheckedRule): void {
  if (otherwise !== 'flow') {
    program.compute('set', R0, otherwise);
    program.exit();
    return;
  }
  // The other keys have looked for all fields already.
  if (by === 'vlan') emitFields(program);
  emitFlowHash(program);
}
