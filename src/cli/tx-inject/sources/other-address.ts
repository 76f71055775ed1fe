import { randomBytes } from 'node:crypto';
import { formatMacAddress, randomMacAddress } from '../../../packet/headers/mac-address.js';

const MAC_BYTES = 6;

/** A random source address other than the device's: a bridge takes frames with its port's own address for a loop. */
export function otherAddress(address: string): Uint8Array {
  for (;;) {
    const other = randomMacAddress(randomBytes(MAC_BYTES));
    if (formatMacAddress(other) !== address) return other;
  }
}
