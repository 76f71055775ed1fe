import { TSRESOL_BINARY } from './pcapng-format.js';

const NANOSECONDS_PER_SECOND = 1_000_000_000;
/** Finest resolutions that doubles divide without loss: 10^-9 s and 2^-20 s. */
const DECIMAL_EXPONENT_MAX = 9;
const BINARY_EXPONENT_MAX = 20;
/** Coarsest resolution whose seconds stay below 2^52, and the offset that keeps their sum below 2^53. */
const UNITS_PER_SECOND_MIN = 4096;
const OFFSET_SECONDS_MAX = 2 ** 52;

/** Turns the 64-bit timestamps of one interface into seconds and nanoseconds. */
export class PcapngClock {
  readonly #unitsPerSecond: number;
  readonly #unitsPerSecondExact: bigint;
  readonly #isExact: boolean;
  readonly #offsetSeconds: number;
  readonly #offsetSecondsExact: bigint;

  /** Seconds since 1970 in UTC of the last timestamp; rounded if a number cannot hold them. */
  seconds = 0;
  /** `seconds` without rounding; undefined if they are exact. */
  exactSeconds: bigint | undefined;
  /** 0 to 999,999,999. */
  nanoseconds = 0;

  /** Takes the values of if_tsresol and if_tsoffset. */
  constructor(resolution: number, offsetSeconds: bigint) {
    const isBinary = (resolution & TSRESOL_BINARY) !== 0;
    const exponent = resolution & ~TSRESOL_BINARY;
    this.#unitsPerSecondExact = (isBinary ? 2n : 10n) ** BigInt(exponent);
    this.#unitsPerSecond = Number(this.#unitsPerSecondExact);
    this.#offsetSecondsExact = offsetSeconds;
    this.#offsetSeconds = Number(offsetSeconds);
    this.#isExact =
      exponent > (isBinary ? BINARY_EXPONENT_MAX : DECIMAL_EXPONENT_MAX) ||
      this.#unitsPerSecond < UNITS_PER_SECOND_MIN ||
      Math.abs(this.#offsetSeconds) > OFFSET_SECONDS_MAX;
  }

  /** Reads a timestamp of two 32-bit halves into `seconds` and `nanoseconds`. */
  read(high: number, low: number): void {
    if (this.#isExact) this.#readExactly(high, low);
    else this.#readByParts(high, low);
  }

  /** Long division with 16-bit digits, so that every intermediate value is below 2^53. */
  #readByParts(high: number, low: number): void {
    const units = this.#unitsPerSecond;
    const middle = (high % units) * 0x10000 + (low >>> 16);
    const last = (middle % units) * 0x10000 + (low & 0xffff);
    const quotient = Math.floor(high / units) * 0x100000000 + Math.floor(middle / units) * 0x10000;
    this.seconds = quotient + Math.floor(last / units) + this.#offsetSeconds;
    this.nanoseconds = Math.floor(((last % units) * NANOSECONDS_PER_SECOND) / units);
  }

  /** For clocks finer than nanoseconds or coarser than milliseconds, and for large offsets. They are rare, so big integers are fast enough. */
  #readExactly(high: number, low: number): void {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const rest = ticks % this.#unitsPerSecondExact;
    const seconds = ticks / this.#unitsPerSecondExact + this.#offsetSecondsExact;
    this.seconds = Number(seconds);
    this.exactSeconds = Number.isSafeInteger(this.seconds) ? undefined : seconds;
    this.nanoseconds = Number((rest * BigInt(NANOSECONDS_PER_SECOND)) / this.#unitsPerSecondExact);
  }
}
