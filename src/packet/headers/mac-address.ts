import { ArgumentRangeError, ArgumentTypeError } from '../../errors.js';
import { formatHexByte } from '../bytes/hex.js';

export const MAC_ADDRESS_BYTES = 6;

/** First byte: the frame goes to a group of stations. */
const GROUP_BIT = 0x01;
/** First byte: the address was chosen locally and belongs to no vendor. */
const LOCAL_BIT = 0x02;

const WITH_COLONS = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i;
const WITH_HYPHENS = /^[0-9a-f]{1,2}(-[0-9a-f]{1,2}){5}$/i;

/**
 * Reads `02:00:00:00:00:01` or `02-00-00-00-00-01`; a leading zero may be left out, as ip(8) allows.
 *
 * @throws {TypeError} when `text` is anything else.
 */
export function parseMacAddress(text: string): Uint8Array {
  if (!WITH_COLONS.test(text) && !WITH_HYPHENS.test(text)) {
    throw new ArgumentTypeError(
      `cannot parse "${text}": a MAC address is six hexadecimal bytes such as 02:00:00:00:00:01`,
    );
  }
  return Uint8Array.from(text.split(/[:-]/), (group) => Number.parseInt(group, 16));
}

/** Writes the six bytes at `offset` in lower case with colons. `bytes` must reach that far. */
export function formatMacAddress(bytes: Uint8Array, offset = 0): string {
  let text = formatHexByte(bytes[offset]!);
  for (let index = 1; index < MAC_ADDRESS_BYTES; index++) {
    text += `:${formatHexByte(bytes[offset + index]!)}`;
  }
  return text;
}

/**
 * Makes a locally administered unicast address of six random bytes. The argument is not changed.
 *
 * @throws {RangeError} when there are not six bytes.
 */
export function randomMacAddress(random: Uint8Array): Uint8Array {
  if (random.length !== MAC_ADDRESS_BYTES) {
    throw new ArgumentRangeError(`cannot make a MAC address: 6 random bytes wanted, ${random.length} there`);
  }
  const address = Uint8Array.from(random);
  address[0] = (address[0]! & ~GROUP_BIT) | LOCAL_BIT;
  return address;
}

/** Whether it is a group address, as broadcast is. No interface can have one. */
export function isMulticastMacAddress(bytes: Uint8Array, offset = 0): boolean {
  return (bytes[offset]! & GROUP_BIT) !== 0;
}
