import type { Workplace } from './workplace.js';

/** What one measurement gave. */
export interface Sample {
  /** In the unit of its contest. */
  readonly value: number;
  /** Microseconds of processor time for each frame, where that was seen too. */
  readonly frameMicroseconds?: number;
}

/** Somebody who does the work of a contest: rtap, or a peer. */
export interface Contestant {
  readonly label: string;
  /** Programs that must be installed, by the names that they are called by. @default none */
  readonly programs?: readonly string[];
  /** One measurement. */
  measure(): Promise<Sample>;
}

/** A row of the results: ours beside one of the others. */
export interface Row {
  /** As in `--only`, and in the name of its graph. */
  readonly name: string;
  readonly work: string;
  readonly ours: Contestant;
  /** Undefined where the limit is a number in itself. */
  readonly theirs?: Contestant;
  /** The least, or where less is better the most, that ours may be of theirs; without theirs, that ours may be. */
  readonly limit: number;
  /** Where the row is broken rather than slow. @default half of `limit`, or twice of it where less is better */
  readonly broken?: number;
  /** Added to theirs before they are compared, in the unit of the contest. @default 0 */
  readonly allowance?: number;
}

/** Work, and everybody who does it; they take turns. */
export interface Contest extends AsyncDisposable {
  readonly name: string;
  /** `frames/s`, `bit/s`, `s`, `ticks` or `bytes`. */
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
  readonly rows: readonly Row[];
}

export type Unit = 'frames/s' | 'bit/s' | 's' | 'ticks' | 'bytes';

/** How long and how often things are done. */
export interface Effort {
  readonly quick: boolean;
  readonly rounds: number;
}

/** Makes what a contest needs: devices, namespaces, files. */
export type ContestMaker = (workplace: Workplace, effort: Effort) => Promise<Contest>;

/** Everybody who takes part, each once. */
export function contestantsOf({ rows }: Contest): readonly Contestant[] {
  return [...new Set(rows.flatMap(({ ours, theirs }) => (theirs === undefined ? [ours] : [ours, theirs])))];
}
