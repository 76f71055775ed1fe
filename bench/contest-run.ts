import { type Contest, type Contestant, contestantsOf, type Row, type Sample } from './contest.js';
import { writeSample } from './report/figure.js';
import { judgeRow, type MissingRow, type RowResult } from './row-result.js';
import { isInstalled } from './workplace.js';

/** The results of a contest. */
export interface ContestOutcome {
  readonly measured: readonly RowResult[];
  readonly missing: readonly MissingRow[];
}

export interface RunOptions {
  /** Rows to measure. */
  readonly rows: readonly string[];
  readonly rounds: number;
  /** Further rounds if a row is broken after `rounds`. All rounds decide then. */
  readonly roundsMore: number;
  readonly note: (line: string) => void;
}

/** Lets all contestants take turns, round by round. Every other round goes in reverse order. */
export class ContestRun {
  readonly #contest: Contest;
  readonly #options: RunOptions;
  readonly #samples = new Map<Contestant, Sample[]>();
  /** Contestants that take part no more, and why. */
  readonly #absent = new Map<Contestant, string>();
  readonly #failed = new Set<Contestant>();

  constructor(contest: Contest, options: RunOptions) {
    this.#contest = contest;
    this.#options = options;
  }

  async run(): Promise<ContestOutcome> {
    const rows = this.#contest.rows.filter(({ name }) => this.#options.rows.includes(name));
    const contestants = contestantsOf({ ...this.#contest, rows });
    for (const contestant of contestants) this.#lookFor(contestant);
    await this.#takeTurns(contestants, Math.min(this.#options.rounds, this.#contest.roundsMax ?? Infinity));
    if (this.#outcome(rows).measured.some(({ broken }) => broken))
      await this.#takeTurns(contestants, this.#options.roundsMore);
    return this.#outcome(rows);
  }

  #lookFor(contestant: Contestant): void {
    this.#samples.set(contestant, []);
    const missing = (contestant.programs ?? []).filter((program) => !isInstalled(program));
    if (missing.length > 0) this.#absent.set(contestant, `${missing.join(', ')} is not installed`);
  }

  async #takeTurns(contestants: readonly Contestant[], rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++)
      for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed())
        if (!this.#absent.has(contestant)) await this.#measure(contestant);
  }

  async #measure(contestant: Contestant): Promise<void> {
    const { name, unit } = this.#contest;
    try {
      const sample = await contestant.measure();
      this.#samples.get(contestant)!.push(sample);
      this.#options.note(`${name}: ${contestant.label}: ${writeSample(sample, unit)}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.note(`${name}: ${contestant.label} failed: ${reason}`);
      this.#failed.add(contestant);
      this.#absent.set(contestant, `${contestant.label} failed: ${reason.split('\n')[0]}`);
    }
  }

  #outcome(rows: readonly Row[]): ContestOutcome {
    const isMissing = (row: Row) => this.#reasonAgainst(row) !== undefined;
    return {
      measured: rows
        .filter((row) => !isMissing(row))
        .map((row) => judgeRow(row, this.#samples, this.#contest)),
      missing: rows.filter(isMissing).map((row) => ({
        name: row.name,
        work: row.work,
        reason: this.#reasonAgainst(row)!,
        oursFailed: this.#failed.has(row.ours),
      })),
    };
  }

  /** Returns why the row cannot be measured. */
  #reasonAgainst({ ours, theirs }: Row): string | undefined {
    return this.#absent.get(ours) ?? (theirs && this.#absent.get(theirs));
  }
}
