/** What CNI specification 1.1.0 says of the JSON that a plugin prints. Written from its text, and not from rtap. */

type Kind = 'string' | 'number' | 'object' | readonly [entries: Shape];
interface Shape {
  readonly required: Readonly<Record<string, Kind>>;
  readonly optional: Readonly<Record<string, Kind>>;
}

const INTERFACE: Shape = { required: { name: 'string' }, optional: { mac: 'string', sandbox: 'string' } };
const ADDRESS: Shape = {
  required: { address: 'string' },
  optional: { gateway: 'string', interface: 'number' },
};
const ROUTE: Shape = { required: { dst: 'string' }, optional: { gw: 'string' } };

const INTERFACE_1_1: Shape = {
  ...INTERFACE,
  optional: { ...INTERFACE.optional, mtu: 'number', socketPath: 'string', pciID: 'string' },
};
const ROUTE_1_1: Shape = {
  ...ROUTE,
  optional: {
    ...ROUTE.optional,
    ...{ mtu: 'number', advmss: 'number', priority: 'number', table: 'number', scope: 'number' },
  },
};
/** Before 1.0.0 an address names its family. */
const ADDRESS_0: Shape = { ...ADDRESS, required: { ...ADDRESS.required, version: 'string' } };

const ERROR: Shape = {
  required: { cniVersion: 'string', code: 'number', msg: 'string' },
  optional: { details: 'string' },
};
const VERSIONS: Shape = { required: { cniVersion: 'string', supportedVersions: 'object' }, optional: {} };

function resultShape(version: string): Shape {
  const isNewest = version === '1.1.0';
  return {
    required: {
      cniVersion: 'string',
      interfaces: [isNewest ? INTERFACE_1_1 : INTERFACE],
      ips: [version.startsWith('0.') ? ADDRESS_0 : ADDRESS],
    },
    optional: { routes: [isNewest ? ROUTE_1_1 : ROUTE], dns: 'object' },
  };
}

/** The differences between `value` and the result of ADD in `version`. */
export function resultFaults(value: unknown, version: string): string[] {
  const faults = shapeFaults(value, resultShape(version), 'result');
  const { cniVersion, interfaces, ips } = value as Result;
  if (cniVersion !== version) faults.push(`result.cniVersion is ${cniVersion}`);
  for (const { interface: place } of ips ?? [])
    if (interfaces?.[place ?? 0] === undefined) faults.push(`there is no interface ${place}`);
  return faults;
}

/** The differences between `value` and an error. */
export function errorFaults(value: unknown): string[] {
  return shapeFaults(value, ERROR, 'error');
}

/** The differences between `value` and the answer to VERSION. */
export function versionFaults(value: unknown): string[] {
  return shapeFaults(value, VERSIONS, 'answer');
}

/** A result of ADD. */
export interface Result {
  readonly cniVersion: string;
  readonly interfaces: readonly {
    readonly name: string;
    readonly mac: string;
    readonly mtu?: number;
    readonly sandbox?: string;
  }[];
  readonly ips: readonly {
    readonly address: string;
    readonly gateway?: string;
    readonly interface?: number;
    readonly version?: string;
  }[];
  readonly routes: readonly Readonly<Record<string, unknown>>[];
  readonly dns: object;
}

function shapeFaults(value: unknown, { required, optional }: Shape, place: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place} is no object`];
  const members = value as Record<string, unknown>;
  const missing = Object.keys(required).filter((key) => !(key in members));
  const kinds: Readonly<Record<string, Kind>> = { ...required, ...optional };
  return [
    ...missing.map((key) => `${place}.${key} is missing`),
    ...Object.entries(members).flatMap(([key, member]) =>
      kinds[key] === undefined
        ? [`${place}.${key} is not in the specification`]
        : kindFaults(member, kinds[key], `${place}.${key}`),
    ),
  ];
}

function kindFaults(value: unknown, kind: Kind, place: string): string[] {
  if (typeof kind === 'string') return typeof value === kind ? [] : [`${place} is no ${kind}`];
  if (!Array.isArray(value)) return [`${place} is no list`];
  return value.flatMap((entry, index) => shapeFaults(entry, kind[0], `${place}[${index}]`));
}
