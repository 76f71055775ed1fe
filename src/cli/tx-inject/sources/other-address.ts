import { randomBytes } from 'node:crypto';
import {
  formatMacAddress,
  MAC_ADDRESS_BYTES,
  randomMacAddress,
} from '../../../packet/headers/mac-address.js';

/** A random source address other than the device's: a bridge takes frames with its port's own address for a loop. */
export function otherAddress(address: string): Uint8Array {
  for (;;) {
    const other = randomMacAddress(randomBytes(MAC_ADDRESS_BYTES));
    if (formatMacAddress(other) !== address) return other;
  }
}
