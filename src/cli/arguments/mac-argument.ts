import { randomBytes } from 'node:crypto';
import { ArgumentRangeError } from '../../errors.js';
import {
  isMulticastMacAddress,
  parseMacAddress,
  randomMacAddress,
} from '../../packet/headers/mac-address.js';

const MAC_BYTES = 6;

/** A MAC address for a device from the command line: written out, or `random`. Throws for one that no device can have. */
export function readMacAddress(text: string): Uint8Array {
  if (text === 'random') return randomMacAddress(randomBytes(MAC_BYTES));
  const address = parseMacAddress(text);
  if (isMulticastMacAddress(address))
    throw new ArgumentRangeError(`cannot use MAC "${text}": it is a multicast address`);
  if (address.every((byte) => byte === 0))
    throw new ArgumentRangeError(`cannot use MAC "${text}": it is all zeros`);
  return address;
}
