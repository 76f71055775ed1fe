const FACTORS = ['', 'k', 'M', 'G', 'T'];

/** How exact a rate is written. */
export type RateFormat =
  /** One decimal after a decimal factor. */
  | 'short'
  /** Three digits after a decimal factor, where readers compare rates. */
  | 'three digits';

/** Returns packets per second: `999 pps`, `1.2 Mpps`. */
export function formatPacketRate(packetsPerSecond: number, format: RateFormat = 'short'): string {
  return formatQuantity(packetsPerSecond, 'pps', format);
}

/** Returns bits per second: `9.3 Gbit/s`. */
export function formatBitRate(bitsPerSecond: number, format: RateFormat = 'short'): string {
  return formatQuantity(bitsPerSecond, 'bit/s', format);
}

/** A value below 10 without a factor keeps two digits: `0.25 pps`. */
function formatQuantity(value: number, unit: string, format: RateFormat): string {
  let factor = 0;
  let scaled = value;
  // A value that would be rounded up to 1000 gets the next factor.
  while (scaled >= 1000 - roundedUp(factor, format) && factor < FACTORS.length - 1) {
    scaled /= 1000;
    factor += 1;
  }
  if (factor > 0) return `${scaled.toFixed(decimalsOf(scaled, format))} ${FACTORS[factor]}${unit}`;
  return `${value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} ${unit}`;
}

/** Returns how far below 1000 a value is rounded up to 1000. */
function roundedUp(factor: number, format: RateFormat): number {
  return factor > 0 && format === 'short' ? 0.05 : 0.5;
}

function decimalsOf(scaled: number, format: RateFormat): number {
  if (format === 'short') return 1;
  return scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
}
