import type { BenchGround } from '../../measure/bench-ground.js';
import { UnsupportedEngine } from '../../measure/engines/receive-engine.js';
import type { Sample, TripSample } from '../../measure/sample.js';
import type { Timing } from '../../measure/threads/measuring-window.js';
import type { Console } from '../process/console.js';
import type { BenchMode, BenchOptions } from './bench-arguments.js';
import { type BenchCase, planBench } from './bench-plan.js';
import type { BenchRow } from './bench-row.js';

/** Time before each measurement that is not measured. */
const WARM_MS = 50;

/** A row that is being measured. */
interface OpenRow {
  readonly bench: BenchCase;
  readonly samples: (Sample | TripSample)[];
  unsupported?: string;
}

/** Measures every row of a mode once, then every row again: what slows the machine for a second slows all rows. */
export class BenchRounds {
  readonly #plan: readonly BenchCase[];
  readonly #rounds: number;
  readonly #timing: Timing;
  readonly #ground: BenchGround;
  readonly #console: Console;
  #done = 0;

  constructor(options: BenchOptions, ground: BenchGround, console: Console) {
    this.#plan = planBench(options);
    this.#rounds = options.rounds;
    this.#timing = { warmMs: WARM_MS, durationMs: options.durationMs };
    this.#ground = ground;
    this.#console = console;
  }

  /** Measurements so far. */
  get done(): number {
    return this.#done;
  }

  /** Measurements in all. */
  get total(): number {
    return this.#plan.length * this.#rounds;
  }

  /** Whether the bench was halted before everything was measured. */
  get interrupted(): boolean {
    return this.#ground.halted;
  }

  /** Returns the rows of `mode`. It leaves out rows that were not reached before the halt. */
  async measure(mode: BenchMode): Promise<BenchRow[]> {
    const cases = this.#plan.filter((bench) => bench.mode === mode);
    const rows = cases.map((bench): OpenRow => ({ bench, samples: [] }));
    for (let round = 0; round < this.#rounds; round++)
      for (const row of rows) if (!this.interrupted) await this.#measureOnce(row, round);
    this.#console.status('');
    await this.#ground.dismissThreads();
    return rows.filter(({ samples, unsupported }) => samples.length > 0 || unsupported !== undefined);
  }

  async #measureOnce(row: OpenRow, round: number): Promise<void> {
    if (row.unsupported === undefined) {
      if (this.#console.statusTerminal) this.#console.status(this.#describe(row.bench, round));
      try {
        const sample = await row.bench.measure(this.#ground, this.#timing);
        // A measurement that was cut short is worthless.
        if (this.interrupted) return;
        row.samples.push(sample);
      } catch (error) {
        if (!(error instanceof UnsupportedEngine)) throw error;
        row.unsupported = error.message;
      }
    }
    this.#done += 1;
  }

  #describe({ mode, engine, frameBytes }: BenchCase, round: number): string {
    const size = frameBytes === undefined ? '' : `, ${frameBytes} bytes`;
    return `bench: ${this.#done + 1} of ${this.total}: ${mode}, ${engine}${size}, round ${round + 1}`;
  }
}
