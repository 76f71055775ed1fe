import { ArgumentTypeError } from '../../../errors.js';
import { formatLocalTime } from '../../../sys/local-time.js';

/** The conversions of strftime(3) in the C locale, without its modifiers E and O. */
const CONVERSIONS = 'aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ';
/** A conversion, `%%`, an unknown conversion, or a `%` at the end. */
const CONVERSION = /%(.?)/gsu;

/** The name of a file with conversions of strftime(3), such as `io0-%H%M%S.pcapng`. */
export class TimeFormat {
  readonly #text: string;
  /** Whether it contains the time. */
  readonly timed: boolean;

  /** Throws a TypeError for a conversion that does not exist. */
  constructor(text: string) {
    const letters = Array.from(text.matchAll(CONVERSION), ([, letter]) => letter!);
    for (const letter of letters) {
      if (letter === '%' || (letter !== '' && CONVERSIONS.includes(letter))) continue;
      throw new ArgumentTypeError(
        `cannot write "${text}": with -G, strftime(3) formats the name, and has no "%${letter}" (write %% for %)`,
      );
    }
    this.#text = text;
    this.timed = letters.some((letter) => letter !== '%');
  }

  /** The name at a time: seconds since 1970, whole. */
  at(seconds: number): string {
    return formatLocalTime(this.#text, seconds);
  }
}
