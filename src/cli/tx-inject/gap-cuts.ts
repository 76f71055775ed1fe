import { plural } from '../output/plural.js';

/** The pauses of a capture that `--max-gap` has cut. */
export class GapCuts {
  readonly #gapSecondsMax: number;
  readonly #say: (text: string) => void;
  /** Pauses that were cut. */
  count = 0;
  /** Seconds that were left out of them. */
  seconds = 0;

  /** `say` prints the first one. */
  constructor(gapSecondsMax: number, say: (text: string) => void) {
    this.#gapSecondsMax = gapSecondsMax;
    this.#say = say;
  }

  /** Counts a pause that would have lasted `seconds`. */
  add(seconds: number): void {
    this.count += 1;
    this.seconds += seconds - this.#gapSecondsMax;
    if (this.count === 1)
      this.#say(
        `tx-inject: a pause of ${secondsText(seconds)} is cut to ${secondsText(this.#gapSecondsMax)} (--max-gap); the report counts further ones`,
      );
  }

  /** The lines of the report. */
  describe(): string[] {
    if (this.count === 0) return [];
    const limit = secondsText(this.#gapSecondsMax);
    return [`${plural(this.count, 'pause')} cut to ${limit}, ${secondsText(this.seconds)} left out`];
  }

  /** For the report as JSON. */
  toJSON(): { readonly count: number; readonly seconds: number } {
    return { count: this.count, seconds: Number(this.seconds.toFixed(6)) };
  }
}

/** A time with at most three digits behind the point: `2.5 s`. */
export function secondsText(seconds: number): string {
  return `${Number(seconds.toFixed(3))} s`;
}
