import { CniError, UNDECODABLE_CONTENT } from './cni-error.js';
import { isObject } from './json-object.js';

// Source: CNI specification 1.1.0, section 5, "ADD Success"

/** An interface of a result. */
export interface ResultInterface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  readonly sandbox?: string;
}

/** An address of a result. */
export interface ResultAddress {
  /** `4` or `6`. Versions before 1.0.0 have it. */
  readonly version?: string;
  /** With the length of the prefix: `192.0.2.2/24`. */
  readonly address: string;
  readonly gateway?: string;
  /** The place of its interface in the list of interfaces. */
  readonly interface?: number;
}

/** A route of a result. */
export interface ResultRoute {
  readonly dst: string;
  readonly gw?: string;
  readonly mtu?: number;
  readonly advmss?: number;
  readonly priority?: number;
  readonly table?: number;
  readonly scope?: number;
}

/** What ADD prints. Members that rtap does not know stay as they came. */
export interface NetworkResult {
  readonly interfaces: readonly ResultInterface[];
  readonly ips: readonly ResultAddress[];
  readonly routes: readonly ResultRoute[];
  readonly dns: object;
}

/** The type of each member that an entry of a list must, or can, have. */
type Shape = Readonly<Record<string, 'string' | 'number'>>;

const INTERFACE: Shape = { mac: 'string', mtu: 'number', sandbox: 'string' };
const ADDRESS: Shape = { version: 'string', gateway: 'string', interface: 'number' };
const ROUTE: Shape = {
  ...{ gw: 'string', mtu: 'number', advmss: 'number' },
  ...{ priority: 'number', table: 'number', scope: 'number' },
};

/** Reads a result of a plugin. Throws a CniError if `value` is none. `what` names it there. */
export function readResult(value: unknown, what: string): NetworkResult {
  if (!isObject(value)) throw undecodable(what, value);
  const { interfaces, ips, routes, dns } = value as Record<string, unknown>;
  return {
    interfaces: readList<ResultInterface>(interfaces, 'name', INTERFACE, `${what}.interfaces`),
    ips: readList<ResultAddress>(ips, 'address', ADDRESS, `${what}.ips`),
    routes: readList<ResultRoute>(routes, 'dst', ROUTE, `${what}.routes`),
    dns: isObject(dns) ? dns : {},
  };
}

/** A list that is missing or null is empty. */
function readList<T>(list: unknown, required: string, shape: Shape, what: string): readonly T[] {
  const entries: unknown = list ?? [];
  if (!Array.isArray(entries)) throw undecodable(what, list);
  for (const entry of entries) {
    const members = (isObject(entry) ? entry : {}) as Record<string, unknown>;
    const isWhole = typeof members[required] === 'string';
    const isRight = Object.entries(shape).every(([key, type]) =>
      [type, 'undefined'].includes(typeof members[key]),
    );
    if (!isWhole || !isRight) throw undecodable(what, entry);
  }
  return entries as T[];
}

function undecodable(what: string, value: unknown): CniError {
  const fault = value === undefined ? 'it is no JSON' : `${JSON.stringify(value)} has another form`;
  return new CniError(UNDECODABLE_CONTENT, `cannot read ${what}: ${fault}`);
}

/** An empty result, of a network without addresses or of the first plugin of a chain. */
export const NO_RESULT: NetworkResult = { interfaces: [], ips: [], routes: [], dns: {} };

/** What a plugin adds to the result of the plugins before it. */
export interface ResultAddition {
  readonly link: ResultInterface;
  /** Of the plugin for addresses, which knows no interface. */
  readonly addresses: NetworkResult;
  /** The `dns` of the configuration. It goes before that of the plugin for addresses. */
  readonly dns: object | undefined;
}

/** Returns `previous` with the addition behind it, in the form of `version`. */
export function joinResults(
  previous: NetworkResult,
  { link, addresses, dns = {} }: ResultAddition,
  version: string,
): object {
  const own = previous.interfaces.length;
  const ips = addresses.ips.map((entry) => ({ ...inVersion(entry, version), interface: own }));
  const { mtu, ...plain } = link;
  const names = [dns, addresses.dns, previous.dns].find((names) => Object.keys(names).length > 0);
  return {
    cniVersion: version,
    interfaces: [...previous.interfaces, version === '1.1.0' && mtu !== undefined ? link : plain],
    ips: [...previous.ips, ...ips],
    routes: [...previous.routes, ...addresses.routes],
    dns: names ?? {},
  };
}

/** Versions before 1.0.0 name the family of an address, the others have no such member. */
function inVersion({ version: _, ...entry }: ResultAddress, version: string): ResultAddress {
  return version.startsWith('0.') ? { version: entry.address.includes(':') ? '6' : '4', ...entry } : entry;
}
