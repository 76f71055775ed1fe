import type { NamespaceAnchor } from '../../tap/link/network-namespace.js';
import { EXIT_DONE, EXIT_INCOMPLETE } from '../errors/exit-code.js';
import type { StopRequest } from '../process/stop-request.js';
import type { CommandLine } from './command-lines.js';
import { type LineOutcome, type LineSettings, runLine } from './line-run.js';

/** What a batch needs around it while its lines run. */
export interface BatchRun {
  /** The network namespace that each line begins in. */
  readonly home: NamespaceAnchor;
  readonly stop: StopRequest;
}

/** The lines of a batch, one after the other. The exit code of the first that fails becomes that of the console. */
export class Batch {
  readonly #settings: LineSettings;
  readonly #keepGoing: boolean;

  /** @param keepGoing whether the batch goes on after a line that fails */
  constructor(settings: LineSettings, keepGoing: boolean) {
    this.#settings = settings;
    this.#keepGoing = keepGoing;
  }

  /**
   * Reads the commands of `lines` and runs none. Returns false, and reports the lines, if a command does not end by itself. If the batch
   * does not keep going, the same holds for a line with a mistake.
   */
  async check(lines: readonly CommandLine[]): Promise<boolean> {
    let right = true;
    for (const line of lines) {
      const outcome = await runLine(line, this.#settings, { readOnly: true });
      if (outcome === undefined || outcome.code === EXIT_DONE) continue;
      if (!outcome.stays && this.#keepGoing) continue;
      outcome.console.reportFaults();
      this.#finish(line, outcome);
      right = false;
    }
    return right;
  }

  /** Runs `lines` as they come, until one fails or a signal comes. */
  async run(
    lines: Iterable<CommandLine> | AsyncIterable<CommandLine>,
    { home, stop }: BatchRun,
  ): Promise<void> {
    for await (const line of lines) {
      if (await stop.noticed()) return this.#breakOff(line);
      const outcome = await runLine(line, this.#settings);
      home.enter();
      if (outcome === undefined) continue;
      this.#finish(line, outcome);
      if (outcome.console.closed) return this.#fail(EXIT_INCOMPLETE);
      if (outcome.code !== EXIT_DONE && !this.#keepGoing) return;
    }
  }

  #finish({ number: line, text }: CommandLine, { code: exit, console }: LineOutcome): void {
    const { faults, output } = console;
    if (exit !== EXIT_DONE && faults.length === 0)
      console.fault({ message: `cannot finish "${text}": its exit code is ${exit}` });
    if (this.#settings.json)
      this.#settings.console.printJson({
        line,
        exit,
        output,
        ...(faults.length === 0 ? {} : { errors: faults }),
      });
    this.#fail(exit);
  }

  #fail(code: number): void {
    const { console } = this.#settings;
    if (console.exitCode === EXIT_DONE) console.exitCode = code;
  }

  #breakOff({ number }: CommandLine): void {
    this.#settings.console.note(`batch: a signal ended it before line ${number}`);
    this.#fail(EXIT_INCOMPLETE);
  }
}
