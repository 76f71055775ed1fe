import { ArgumentRangeError, ArgumentTypeError } from '../../../errors.js';
import type { Link } from '../../../netlink/link.js';
import type { TemplateProtocol } from '../../../packet/generate/frame-template.js';
import type { VariedField } from '../../../packet/generate/varied-field.js';
import { IPV4_ADDRESS_BYTES, parseIpAddress } from '../../../packet/headers/ip-address.js';

const PORT_MAX = 65535;
const BRIDGE_KIND = 'bridge';

/** Source and destination of a frame. */
export interface Endpoints {
  /** Four bytes of IPv4, or 16 of IPv6. */
  readonly source: Uint8Array;
  /** As long as `source`. */
  readonly destination: Uint8Array;
  /** Absent if the protocol has no ports. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number | undefined;
}

/** With a port: an IPv6 address is in brackets. */
const WITH_PORT = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(\d+)$/;
/** Without a port: brackets are allowed. */
const WITHOUT_PORT = /^(?:\[([^\]]*:[^\]]*)\]|([^[\]]+))$/;

const FORMS: Readonly<Record<TemplateProtocol, string>> = {
  udp: '10.0.0.1:1000-10.0.0.2:2000 or [2001:db8::1]:1000-[2001:db8::2]:2000',
  tcp: '10.0.0.1:1000-10.0.0.2:2000 or [2001:db8::1]:1000-[2001:db8::2]:2000',
  icmp: '10.0.0.1-10.0.0.2 or 2001:db8::1-2001:db8::2',
  arp: '10.0.0.1-10.0.0.2',
};

/** Reads `10.0.0.1:1000-10.0.0.2:2000` and similar forms. Throws a TypeError or RangeError for others. */
export function parseEndpoints(protocol: TemplateProtocol, text: string): Endpoints {
  const refuse = (fact: string) => new ArgumentTypeError(`cannot read --${protocol} "${text}": ${fact}`);
  const parts = text.split('-');
  const pattern = protocol === 'udp' || protocol === 'tcp' ? WITH_PORT : WITHOUT_PORT;
  const matches = parts.map((part) => pattern.exec(part.trim()));
  const [from, to] = matches;
  if (matches.length !== 2 || !from || !to) throw refuse(`wanted a form like ${FORMS[protocol]}`);
  const [source, destination] = [readEndpoint(from, text), readEndpoint(to, text)];
  if (source.address.length !== destination.address.length) {
    throw refuse('one address is of IPv4, the other of IPv6');
  }
  if (protocol === 'arp' && source.address.length !== IPV4_ADDRESS_BYTES) {
    throw refuse('ARP asks for addresses of IPv4 only');
  }
  return {
    source: source.address,
    destination: destination.address,
    ...(source.port === undefined ? {} : { sourcePort: source.port }),
    ...(destination.port === undefined ? {} : { destinationPort: destination.port }),
  };
}

function readEndpoint(match: RegExpExecArray, text: string): Endpoint {
  const [, bracketed, plain, port] = match;
  const address = parseIpAddress(bracketed ?? plain!);
  if (port === undefined) return { address, port };
  const value = Number(port);
  if (value > PORT_MAX)
    throw new ArgumentRangeError(`cannot use port ${port} of "${text}": 0 to ${PORT_MAX} are possible`);
  return { address, port: value };
}

/** How the frames of a template are addressed; `TemplateOptions` says it. */
export interface Addressing {
  readonly template: { readonly protocol: TemplateProtocol };
  /** Undefined for the device's own address. */
  readonly destinationMac: Uint8Array | undefined;
  readonly varied: readonly Pick<VariedField, 'name'>[];
}

/**
 * Why frames of a template get no further than the device `name`, which is a port of `master`; undefined if they may.
 */
export function describeBridge(
  name: string,
  master: Pick<Link, 'name' | 'kind'> | undefined,
  { template, destinationMac, varied }: Addressing,
): string | undefined {
  if (master?.kind !== BRIDGE_KIND) return undefined;
  const addressed = destinationMac !== undefined || varied.some((field) => field.name === 'dst-mac');
  if (addressed || template.protocol === 'arp') return undefined;
  return `${name} is a port of bridge ${master.name}, which keeps frames to ${name}'s own address: --dst-mac says where they go`;
}
