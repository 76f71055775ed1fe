/** By the type of a group record in an IGMPv3 or MLDv2 report, as tcpdump names them (RFC 3376, 4.2.12; RFC 3810). */
export const GROUP_RECORD_KINDS: Readonly<Record<number, string>> = {
  1: 'is_in',
  2: 'is_ex',
  3: 'to_in',
  4: 'to_ex',
  5: 'allow',
  6: 'block',
};

/**
 * Reads a time of IGMPv3 or MLDv2: if its highest bit is set, three bits of exponent and a mantissa follow (RFC 3376,
 * 4.1.1; RFC 3810, 5.1.3). `bits` is the width of the field.
 */
export function decodeFloat(value: number, bits: 8 | 16): number {
  if (value < 2 ** (bits - 1)) return value;
  const mantissaBits = bits - 4;
  const exponent = (value >> mantissaBits) & 0x07;
  const mantissa = value & (2 ** mantissaBits - 1);
  return (mantissa + 2 ** mantissaBits) * 2 ** (exponent + 3);
}
