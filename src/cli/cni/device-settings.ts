import { existsSync } from 'node:fs';
import type { CreationOptions } from '../../tap/device/device-creation.js';
import { QUEUES_MAX } from '../../tap/state/limits.js';
import { readAccount, readMacAddress } from '../arguments/device-arguments.js';
import { readOffloadList } from '../arguments/offload-argument.js';
import { MTU_MAX, MTU_MIN, parseWhole, TXQUEUELEN_MAX } from '../arguments/quantity.js';
import { CniError, INVALID_CONFIGURATION, UNSUPPORTED_FIELD } from './cni-error.js';
import type { Invocation } from './invocation.js';
import { isObject, type Members, membersOf } from './json-object.js';
import type { NetworkConfiguration } from './network-configuration.js';

/** The kernel has this file where SELinux is active. */
const SELINUX = '/sys/fs/selinux/enforce';

/** What the configuration says of the device. */
export interface DeviceSettings {
  readonly creation: CreationOptions;
  /** The bridge in the container whose port the device becomes. */
  readonly bridge: string | undefined;
  /** Whether a holder keeps the queues attached and lends them. */
  readonly hold: boolean;
  /** The `dns` of the configuration. */
  readonly dns: object | undefined;
}

/** Reads the keys of the configuration that are rtap's own, and those of the reference plugin `tap`. Throws a CniError. */
export async function readDeviceSettings(
  { members }: NetworkConfiguration,
  { mac }: Pick<Invocation, 'mac'>,
): Promise<DeviceSettings> {
  refuseUnsupported(members);
  const numbers = {
    queueCount: wholeOf(members, 'queues', 1, QUEUES_MAX),
    // As for the reference plugin, 0 means the kernel's default.
    mtu: memberOf(members, 'mtu') === 0 ? undefined : wholeOf(members, 'mtu', MTU_MIN, MTU_MAX),
    txqueuelen: wholeOf(members, 'txqueuelen', 1, TXQUEUELEN_MAX),
    owner: await accountOf(members, 'owner', 'user'),
    group: await accountOf(members, 'group', 'group'),
  };
  const address = macOf(members, mac);
  const offloads = offloadsOf(members);
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return {
    creation: {
      ...(Object.fromEntries(given) as Pick<
        CreationOptions,
        'queueCount' | 'mtu' | 'txqueuelen' | 'owner' | 'group'
      >),
      ...(address === undefined ? {} : { address: readMacAddress(address) }),
      ...(offloads === undefined ? {} : { offloads: readOffloadList(offloads) }),
      up: true,
    },
    bridge: textOf(members, 'bridge'),
    hold: switchOf(members, 'hold') ?? false,
    dns: objectOf(members, 'dns'),
  };
}

/** Throws a CniError for what the reference plugin and others do, and rtap does not. */
function refuseUnsupported(members: Members): void {
  if (switchOf(members, 'multiQueue') === false)
    throw unsupported('multiQueue', false, 'rtap makes multi-queue devices only');
  if (switchOf(members, 'ipMasq') === true)
    throw unsupported('ipMasq', true, 'a TAP has no interface on the host');
  const context = textOf(members, 'selinuxContext');
  // Without SELinux a context means nothing, and the same configuration serves machines with and without.
  if (context !== undefined && existsSync(SELINUX))
    throw unsupported('selinuxContext', context, 'rtap makes the device in the context of the runtime');
}

function unsupported(key: string, value: unknown, why: string): CniError {
  return new CniError(UNSUPPORTED_FIELD, `cannot use ${JSON.stringify({ [key]: value })}: ${why}`);
}

/** runtimeConfig takes precedence over CNI_ARGS, and CNI_ARGS over the network's own address, as for the reference plugin. */
function macOf(members: Members, argument: string | undefined): string | undefined {
  const runtime = membersOf(members.get('runtimeConfig')) ?? new Map<string, unknown>();
  const chosen = [textOf(runtime, 'mac'), argument, textOf(members, 'mac')];
  return chosen.find((address) => address !== undefined && address !== '');
}

/** A text with commas, as on the command line, or a list of words. */
function offloadsOf(members: Members): string | undefined {
  const value = memberOf(members, 'offloads');
  if (!Array.isArray(value)) return textOf(members, 'offloads');
  return value.length === 0 ? 'none' : value.join();
}

async function accountOf(members: Members, key: string, kind: 'user' | 'group'): Promise<number | undefined> {
  const value = memberOf(members, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw invalid(key, value, 'a name or a number');
  return readAccount(kind, String(value));
}

function wholeOf(members: Members, key: string, min: number, max: number): number | undefined {
  const value = memberOf(members, key);
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw invalid(key, value, 'a number');
  return parseWhole(`"${key}"`, String(value), min, max);
}

function switchOf(members: Members, key: string): boolean | undefined {
  const value = memberOf(members, key);
  if (value !== undefined && typeof value !== 'boolean') throw invalid(key, value, 'true or false');
  return value;
}

/** A text that is not empty. */
function textOf(members: Members, key: string): string | undefined {
  const value = memberOf(members, key);
  if (value !== undefined && typeof value !== 'string') throw invalid(key, value, 'a string');
  return value === '' ? undefined : value;
}

function objectOf(members: Members, key: string): object | undefined {
  const value = memberOf(members, key);
  if (value !== undefined && !isObject(value)) throw invalid(key, value, 'an object');
  return value;
}

function invalid(key: string, value: unknown, wanted: string): CniError {
  return new CniError(
    INVALID_CONFIGURATION,
    `cannot use ${JSON.stringify({ [key]: value })}: wanted ${wanted}`,
  );
}

/**
 * The value of `key`. undefined if it is missing or null. If there is no such key, one that differs only in upper and lower case counts:
 * the reference plugin also reads `selinuxcontext` and `multiqueue`.
 */
function memberOf(members: Members, key: string): unknown {
  const lower = key.toLowerCase();
  const exact = members.get(key) ?? undefined;
  return exact ?? [...members].find(([name]) => name.toLowerCase() === lower)?.[1] ?? undefined;
}
