import { CniError, INCOMPATIBLE_VERSION, INVALID_CONFIGURATION, UNDECODABLE_CONTENT } from './cni-error.js';
import { type Attachment, IDENTIFIER, type Verb } from './invocation.js';
import { type Members, membersOf } from './json-object.js';
import { type NetworkResult, readResult } from './network-result.js';

/** The versions of the specification that rtap speaks, the oldest first. */
export const SUPPORTED_VERSIONS: readonly string[] = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
export const NEWEST_VERSION = '1.1.0';

/** The version that brought a verb. The others are as old as the oldest version. */
const SINCE: Readonly<Partial<Record<Verb, string>>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

/** The configuration that a runtime gives to the plugin, as far as every verb needs it. */
export interface NetworkConfiguration {
  readonly cniVersion: string;
  /** The network's name. */
  readonly name: string;
  /** The name of the plugin for addresses. undefined if the network has none. */
  readonly ipam: string | undefined;
  readonly members: Members;
}

/** Reads the configuration for `verb`. Throws a CniError if a member that every verb needs is missing or invalid. */
export function readConfiguration(members: Members, verb: Verb): NetworkConfiguration {
  const cniVersion = versionOf(members);
  assertVersion(cniVersion, verb);
  const name = members.get('name');
  if (typeof name !== 'string' || !IDENTIFIER.test(name))
    throw new CniError(
      INVALID_CONFIGURATION,
      `cannot use "name": ${name === undefined ? 'it is missing' : `${JSON.stringify(name)} is no name of a network`}`,
    );
  return { cniVersion, name, ipam: ipamOf(members), members };
}

/** The version in `members`. The specification had no such member before 0.2.0. */
export function versionOf(members: Members): string {
  const version = members.get('cniVersion') ?? '0.1.0';
  if (typeof version !== 'string')
    throw new CniError(
      UNDECODABLE_CONTENT,
      `cannot read "cniVersion": ${JSON.stringify(version)} is no string`,
    );
  return version;
}

function assertVersion(version: string, verb: Verb): void {
  if (!SUPPORTED_VERSIONS.includes(version))
    throw new CniError(
      INCOMPATIBLE_VERSION,
      `cannot use "cniVersion" "${version}": rtap does not speak it`,
      `supported versions: ${SUPPORTED_VERSIONS.join(', ')}`,
    );
  const since = SINCE[verb];
  if (since !== undefined && !isAtLeast(version, since))
    throw new CniError(
      INCOMPATIBLE_VERSION,
      `cannot run "${verb}" with "cniVersion" "${version}": it came with version ${since}`,
    );
}

/** Whether the supported `version` is `other` or a newer one. */
export function isAtLeast(version: string, other: string): boolean {
  return SUPPORTED_VERSIONS.indexOf(version) >= SUPPORTED_VERSIONS.indexOf(other);
}

function ipamOf(members: Members): string | undefined {
  const ipam = members.get('ipam') ?? {};
  const type = membersOf(ipam)?.get('type') ?? '';
  if (typeof type !== 'string' || type.includes('/'))
    throw new CniError(INVALID_CONFIGURATION, `cannot use "ipam": ${JSON.stringify(ipam)} names no plugin`);
  return type === '' ? undefined : type;
}

/** The result of the plugins before, or of ADD. undefined if the configuration has none. */
export function previousResultOf({ members }: NetworkConfiguration): NetworkResult | undefined {
  const previous = members.get('prevResult') ?? undefined;
  return previous === undefined ? undefined : readResult(previous, '"prevResult"');
}

/** The attachments that GC must leave alone. Throws a CniError if the runtime does not list them. */
export function validAttachmentsOf({ members }: NetworkConfiguration): Attachment[] {
  const key = 'cni.dev/valid-attachments';
  const list = members.get(key);
  if (!Array.isArray(list))
    throw new CniError(INVALID_CONFIGURATION, `cannot run "GC": "${key}" is no list of attachments`);
  return list.map((entry: unknown) => {
    const containerId = membersOf(entry)?.get('containerID');
    const ifname = membersOf(entry)?.get('ifname');
    if (typeof containerId === 'string' && typeof ifname === 'string') return { containerId, ifname };
    throw new CniError(INVALID_CONFIGURATION, `cannot run "GC": ${JSON.stringify(entry)} is no attachment`);
  });
}
