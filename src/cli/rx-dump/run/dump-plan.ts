import { ArgumentTypeError } from '../../../errors.js';
import { Links } from '../../../netlink/links.js';
import type { FilterProgram } from '../../../sys/libpcap.js';
import { EXIT_INCOMPLETE } from '../../errors/exit-code.js';
import { HintedError } from '../../errors/usage-error.js';
import { plural } from '../../output/plural.js';
import { assertRunnable } from '../../process/command-lookup.js';
import type { Console } from '../../process/console.js';
import type { CapturedInterface } from '../sinks/captured-frame.js';
import type { Verification } from '../verify/verification.js';
import type { DumpOptions } from './dump-arguments.js';
import type { DumpOutput } from './dump-output.js';
import { chooseSinks, type DumpSinks } from './dump-sinks.js';
import type { Ending } from './ending.js';
import type { FrameCounts } from './frame-counts.js';
import { FramePipeline } from './frame-pipeline.js';

/** Letters and a number, as in names of devices; words of filters that look so are excepted. */
const DEVICE_LIKE = /^(?!ip6$|icmp6$|l[12]$)[a-z]+\d+$/;

/** The parts of a run that touch neither device nor file. They are made first, so that a mistake has no effect. */
export class DumpPlan implements Disposable {
  readonly sinks: DumpSinks;
  readonly #options: DumpOptions;
  readonly #filter: FilterProgram | undefined;
  readonly #verification: Verification | undefined;

  private constructor(
    options: DumpOptions,
    sinks: DumpSinks,
    parts: { filter: FilterProgram | undefined; verification: Verification | undefined },
  ) {
    this.#options = options;
    this.sinks = sinks;
    this.#filter = parts.filter;
    this.#verification = parts.verification;
  }

  /** Loads the modules that `options` need. `interfaces` may grow while frames come. */
  static async make(options: DumpOptions, interfaces: readonly CapturedInterface[]): Promise<DumpPlan> {
    const program = options.write?.rotation?.command?.[0];
    if (program !== undefined) assertRunnable(program);
    const sinks = await chooseSinks(options, interfaces);
    const verification = options.verify ? await makeVerification(options) : undefined;
    return new DumpPlan(options, sinks, { filter: await compile(options), verification });
  }

  /** The way of the frames to `output`. */
  pipeline(output: DumpOutput, ending: Ending, counts: FrameCounts): FramePipeline {
    return new FramePipeline(output.channels, ending, {
      ...this.#options,
      filter: this.#filter,
      observer: this.#verification,
      counts,
    });
  }

  /**
   * Prints the result: a number of frames, or what stamped frames tell. `missed` is how many packets the kernel dropped
   * during the run, null if no device was read.
   */
  conclude(counts: FrameCounts, console: Console, { missed }: { missed: number | null }): void {
    const { printing, json, segment } = this.#options;
    if (printing === 'count') {
      const packets = segment ? counts.written : counts.captured;
      if (json) console.printJson({ packets });
      else console.print(plural(packets, 'packet'));
    }
    if (this.#verification === undefined) return;
    this.#verification.missed = missed;
    if (json) console.printJson(this.#verification.json());
    else for (const line of this.#verification.lines()) console.print(line);
    if (!this.#verification.faultless) console.exitCode = EXIT_INCOMPLETE;
  }

  [Symbol.dispose](): void {
    this.#filter?.[Symbol.dispose]();
  }
}

async function makeVerification({ text }: DumpOptions): Promise<Verification> {
  const { Verification } = await import('../verify/verification.js');
  return new Verification({ flows: text.verbose === true });
}

async function compile({ filter, read }: DumpOptions): Promise<FilterProgram | undefined> {
  if (filter.trim() === '') return undefined;
  // Loads libpcap, which not every machine has.
  const { FilterProgram } = await import('../../../sys/libpcap.js');
  try {
    return FilterProgram.compile(filter);
  } catch (error) {
    if (!(error instanceof ArgumentTypeError) || read === undefined || !beginsWithDevice(filter)) throw error;
    throw new HintedError(error.message, `-r reads a file and no device: leave ${firstWord(filter)} out`);
  }
}

function beginsWithDevice(filter: string): boolean {
  const name = firstWord(filter);
  if (DEVICE_LIKE.test(name)) return true;
  using links = Links.open();
  return links.byName(name) !== undefined;
}

function firstWord(filter: string): string {
  return filter.trim().split(/\s/, 1)[0] ?? '';
}
