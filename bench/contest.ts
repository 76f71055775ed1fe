import type { Workplace } from './workplace.js';

/** The result of one measurement. */
export interface Sample {
  /** In the unit of its contest. */
  readonly value: number;
  /** Microseconds of processor time for each frame, if they were measured. */
  readonly frameMicroseconds?: number;
  /** The 90th percentile, if `value` is a median. In the unit of the contest. */
  readonly ninetieth?: number;
}

/** A program that does the work of a contest: rtap, or a peer. */
export interface Contestant {
  readonly label: string;
  /**
   * Names of the programs that must be installed.
   * @default none
   */
  readonly programs?: readonly string[];
  /** Measures once. */
  measure(): Promise<Sample>;
}

/** A row of the results: rtap beside one of its peers. */
export interface Row {
  /** As in `--only`. */
  readonly name: string;
  readonly work: string;
  readonly ours: Contestant;
  /** Undefined if the limit is an absolute number. */
  readonly theirs?: Contestant;
  /**
   * The least share of theirs that ours must reach. If less is better, the most that it may be. Without `theirs`, the
   * limit for ours itself. A row without a limit is only shown.
   */
  readonly limit?: number;
  /**
   * Beyond this the row is broken rather than slow.
   * @default half of `limit`, or twice of it if less is better
   */
  readonly broken?: number;
}

/** Work, and the contestants that do it in turns. */
export interface Contest extends AsyncDisposable {
  readonly name: string;
  /** `frames/s`, `bit/s`, `s`, `ticks` or `bytes`. */
  readonly unit: Unit;
  readonly lessIsBetter: boolean;
  /**
   * Most rounds of a full run: work that takes minutes and hardly varies.
   * @default as many as the others
   */
  readonly roundsMax?: number;
  readonly rows: readonly Row[];
}

export type Unit = 'frames/s' | 'bit/s' | 's' | 'ticks' | 'bytes';

/** How long and how often a contest measures. */
export interface Effort {
  readonly quick: boolean;
  readonly rounds: number;
}

/** Makes what a contest needs: devices, namespaces, files. */
export type ContestMaker = (workplace: Workplace, effort: Effort) => Promise<Contest>;

/** Returns all contestants, each once. */
export function contestantsOf({ rows }: Contest): readonly Contestant[] {
  return [...new Set(rows.flatMap(({ ours, theirs }) => (theirs === undefined ? [ours] : [ours, theirs])))];
}
