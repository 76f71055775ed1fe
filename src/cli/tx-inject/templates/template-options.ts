import { ArgumentRangeError, ArgumentTypeError } from '../../../errors.js';
import {
  type FrameTemplate,
  frameBytesMax,
  frameBytesMin,
  isIpv4,
  type TemplateProtocol,
  VLAN_ID_MAX,
} from '../../../packet/generate/frame-template.js';
import { STAMP_SIZE } from '../../../packet/generate/stamp.js';
import type { VariedField } from '../../../packet/generate/varied-field.js';
import { parseMacAddress } from '../../../packet/headers/mac-address.js';
import { parseTcpFlags } from '../../../packet/headers/tcp-flags.js';
import { TCP_FLAG_ACK, TCP_FLAG_PSH, TCP_FLAG_SYN } from '../../../packet/headers/tcp-header.js';
import { parseWhole } from '../../arguments/quantity.js';
import { type Endpoints, parseEndpoints } from './template-endpoints.js';
import { type PayloadArguments, readPayload } from './template-payload.js';
import { firstVlanId, parseVariedFields } from './template-vary.js';

/** The options of a template, as typed. */
export interface TemplateArguments extends PayloadArguments {
  readonly udp?: string;
  readonly tcp?: string;
  readonly icmp?: string;
  readonly arp?: string;
  readonly size?: string;
  readonly dstMac?: string;
  readonly srcMac?: string;
  /** A capture, for whose packets the addresses may be meant. */
  readonly read?: readonly string[];
  readonly vlan?: string;
  readonly ttl?: string;
  readonly tcpFlags?: string;
  readonly vary?: readonly string[];
  readonly stamp?: boolean;
}

/** What the options mean. */
export interface TemplateOptions {
  /** Without Ethernet addresses: those that are not given come from the device. */
  readonly template: Omit<FrameTemplate, 'sourceMac' | 'destinationMac'>;
  readonly sourceMac: Uint8Array | undefined;
  readonly destinationMac: Uint8Array | undefined;
  readonly varied: readonly VariedField[];
  readonly stamped: boolean;
}

const PROTOCOLS: readonly TemplateProtocol[] = ['udp', 'tcp', 'icmp', 'arp'];
/** Bytes of a frame by default, unless its headers need more. */
const SIZE_DEFAULT = 64;
const HOP_LIMIT_MAX = 255;

/** The options that need a template. */
const DETAILS = {
  size: '--size',
  dstMac: '--dst-mac',
  srcMac: '--src-mac',
  vlan: '--vlan',
  ttl: '--ttl',
  tcpFlags: '--tcp-flags',
  payload: '--payload',
  payloadHex: '--payload-hex',
  payloadFile: '--payload-file',
  vary: '--vary',
  stamp: '--stamp',
} as const;
/** Those that ARP has no field for. */
const NOT_IN_ARP = ['ttl', 'payload', 'payloadHex', 'payloadFile', 'stamp'] as const;

/**
 * What the options mean; undefined if no template is given. Throws a TypeError or RangeError for impossible options, a
 * SystemError for a payload that cannot be read.
 */
export function readTemplateOptions(given: TemplateArguments): TemplateOptions | undefined {
  const protocols = PROTOCOLS.filter((protocol) => given[protocol] !== undefined);
  const [protocol] = protocols;
  if (protocol === undefined) return assertNoDetails(given);
  if (protocols.length > 1) {
    throw new ArgumentTypeError(
      `cannot use ${protocols.map((name) => `--${name}`).join(' with ')}: give one template`,
    );
  }
  assertSuitable(given, protocol);
  const endpoints = parseEndpoints(protocol, given[protocol]!);
  const template = readTemplate(given, protocol, endpoints);
  return {
    template,
    sourceMac: optional(given.srcMac, parseMacAddress),
    destinationMac: optional(given.dstMac, parseMacAddress),
    varied: parseVariedFields(given.vary ?? [], template),
    stamped: given.stamp === true,
  };
}

function assertNoDetails(given: TemplateArguments): undefined {
  for (const [key, option] of Object.entries(DETAILS)) {
    if (given[key as keyof typeof DETAILS] === undefined) continue;
    if (given.read !== undefined && (key === 'dstMac' || key === 'srcMac')) continue;
    throw new ArgumentTypeError(
      `cannot use ${option} without a template: give --udp, --tcp, --icmp or --arp`,
    );
  }
  return undefined;
}

function assertSuitable(given: TemplateArguments, protocol: TemplateProtocol): void {
  if (given.tcpFlags !== undefined && protocol !== 'tcp') {
    throw new ArgumentTypeError(`cannot use --tcp-flags with --${protocol}: only TCP has flags`);
  }
  const unfit = protocol === 'arp' ? NOT_IN_ARP.find((key) => given[key] !== undefined) : undefined;
  if (unfit !== undefined)
    throw new ArgumentTypeError(`cannot use ${DETAILS[unfit]} with --arp: ARP has no place for it`);
}

function readTemplate(
  given: TemplateArguments,
  protocol: TemplateProtocol,
  endpoints: Endpoints,
): TemplateOptions['template'] {
  const vlanId =
    given.vlan === undefined
      ? firstVlanId(given.vary ?? [])
      : parseWhole('VLAN id', given.vlan, 0, VLAN_ID_MAX);
  const shape = { protocol, ...endpoints, ...(vlanId === undefined ? {} : { vlanId }) };
  const payload = readPayload(given);
  const stampBytes = given.stamp === true ? STAMP_SIZE : 0;
  const frameBytes = readSize(given.size, shape, { stampBytes, payloadBytes: payload?.length });
  return {
    ...shape,
    frameBytes,
    ...(payload === undefined ? {} : { payload: turn(payload, stampBytes) }),
    ...(given.ttl === undefined ? {} : { hopLimit: parseWhole('ttl', given.ttl, 0, HOP_LIMIT_MAX) }),
    ...(protocol === 'tcp'
      ? { tcpFlags: readTcpFlags(given.tcpFlags, frameBytes > frameBytesMin(shape)) }
      : {}),
  };
}

/** By default a segment with data looks like one of an open connection, one without data like the first segment. */
function readTcpFlags(text: string | undefined, hasData: boolean): number {
  if (text !== undefined) return parseTcpFlags(text);
  return hasData ? TCP_FLAG_PSH | TCP_FLAG_ACK : TCP_FLAG_SYN;
}

interface Content {
  readonly stampBytes: number;
  readonly payloadBytes: number | undefined;
}

function readSize(
  text: string | undefined,
  shape: Pick<FrameTemplate, 'protocol' | 'source' | 'vlanId'>,
  { stampBytes, payloadBytes }: Content,
): number {
  const least = frameBytesMin(shape) + stampBytes;
  const most = frameBytesMax(shape);
  const article = shape.protocol === 'arp' || shape.protocol === 'icmp' ? 'an' : 'a';
  const kind = `${stampBytes > 0 ? 'a stamped' : article} ${shape.protocol.toUpperCase()} frame`;
  const over = shape.protocol === 'arp' ? '' : ` over ${isIpv4(shape) ? 'IPv4' : 'IPv6'}`;
  const possible = `${kind}${over} has ${least} to ${most} bytes`;
  if (text !== undefined) {
    const size = parseWhole('size', text, 0, Number.MAX_SAFE_INTEGER);
    if (size >= least && size <= most) return size;
    throw new ArgumentRangeError(`cannot use size ${text}: ${possible}`);
  }
  // Padding of a TCP frame would be data, and a SYN has none.
  if (payloadBytes === undefined) return shape.protocol === 'tcp' ? least : Math.max(SIZE_DEFAULT, least);
  if (least + payloadBytes <= most) return least + payloadBytes;
  throw new ArgumentRangeError(`cannot carry ${payloadBytes} bytes: ${possible}; --size cuts the payload`);
}

/** Rotates the payload, which is repeated, so that it begins behind the stamp. */
function turn(payload: Uint8Array, stampBytes: number): Uint8Array {
  const { length } = payload;
  const start = length - (stampBytes % length);
  return Uint8Array.from(payload, (_, index) => payload[(start + index) % length]!);
}

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}
