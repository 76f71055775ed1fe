import { randomBytes } from 'node:crypto';
import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import type { IpNetwork } from '../../netlink/address.js';
import { parseIpAddress } from '../../packet/headers/ip-address.js';
import {
  isMulticastMacAddress,
  MAC_ADDRESS_BYTES,
  parseMacAddress,
  randomMacAddress,
} from '../../packet/headers/mac-address.js';
import type { CreationOptions } from '../../tap/device/device-creation.js';
import { QUEUES_MAX } from '../../tap/state/limits.js';
import { readOffloadList } from './offload-argument.js';
import { MTU_MAX, MTU_MIN, parseWhole, TXQUEUELEN_MAX } from './quantity.js';

/** The options of `rtap create`, as typed. */
export interface CreateArguments {
  readonly queues?: string;
  readonly persist?: boolean;
  readonly mac?: string;
  readonly mtu?: string;
  readonly txqueuelen?: string;
  readonly address?: readonly string[];
  readonly up?: boolean;
  readonly offload?: string;
  readonly napi?: boolean;
  readonly owner?: string;
  readonly group?: string;
  readonly existOk?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** The options of a device from `given`. Throws a TypeError or RangeError for an impossible value. */
export async function readCreationOptions(given: CreateArguments): Promise<CreationOptions> {
  const owner = given.owner === undefined ? undefined : await readAccount('user', given.owner);
  const group = given.group === undefined ? undefined : await readAccount('group', given.group);
  return {
    ...(given.queues === undefined
      ? {}
      : { queueCount: parseWhole('queue count', given.queues, 1, QUEUES_MAX) }),
    ...(given.mac === undefined ? {} : { address: readMacAddress(given.mac) }),
    ...(given.mtu === undefined ? {} : { mtu: parseWhole('MTU', given.mtu, MTU_MIN, MTU_MAX) }),
    ...(given.txqueuelen === undefined
      ? {}
      : { txqueuelen: parseWhole('txqueuelen', given.txqueuelen, 1, TXQUEUELEN_MAX) }),
    ...(given.address === undefined ? {} : { addresses: given.address.map(readIpNetwork) }),
    ...(given.up === true ? { up: true } : {}),
    ...(given.napi === undefined ? {} : { napi: given.napi }),
    ...(given.offload === undefined ? {} : { offloads: readOffloadList(given.offload) }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}

/**
 * The MAC address that `text` means: written out, or `random`. Throws a TypeError or RangeError for one that no device can
 * have.
 */
export function readMacAddress(text: string): Uint8Array {
  if (text === 'random') return randomMacAddress(randomBytes(MAC_ADDRESS_BYTES));
  const address = parseMacAddress(text);
  if (isMulticastMacAddress(address))
    throw new ArgumentRangeError(`cannot use MAC "${text}": it is a multicast address`);
  if (address.every((byte) => byte === 0))
    throw new ArgumentRangeError(`cannot use MAC "${text}": it is all zeros`);
  return address;
}

/** Reads `192.0.2.1/24` or `2001:db8::1/64`. Without a length the prefix is the whole address, as for ip(8). Throws a TypeError or RangeError. */
export function readIpNetwork(text: string): IpNetwork {
  const [, address = '', length] = /^([^/]*)(?:\/(.*))?$/s.exec(text) ?? [];
  const bytes = parseIpAddress(address);
  if (bytes.every((byte) => byte === 0))
    throw new ArgumentRangeError(`cannot use address "${text}": it stands for no address`);
  const bits = 8 * bytes.length;
  const prefixLength = length === undefined ? bits : parseWhole('prefix length', length, 0, bits);
  return { bytes, prefixLength };
}

/** The number of a user or group, given by name or number. Throws a TypeError if no account has the name. */
export async function readAccount(kind: 'user' | 'group', text: string): Promise<number> {
  // To the kernel 0xffff_ffff is no user.
  if (/^\d+$/.test(text)) return parseWhole(kind, text, 0, 0xffff_fffe);
  const { groupId, userId } = await import('../../sys/accounts.js');
  const id = kind === 'user' ? userId(text) : groupId(text);
  if (id === undefined)
    throw new ArgumentTypeError(`cannot find ${kind} "${text}": there is no such ${kind}`);
  return id;
}
