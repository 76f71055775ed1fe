import { setImmediate as turn } from 'node:timers/promises';
import { ArgumentTypeError, MalformedError } from '../../../errors.js';
import { EXIT_INCOMPLETE } from '../../errors/exit-code.js';
import { inputName, isPipe, openInput } from '../../input/open-input.js';
import type { Console } from '../../process/console.js';
import { Undo } from '../../process/undo.js';
import { statFile } from '../files/part-files.js';
import type { CapturedInterface } from '../sinks/captured-frame.js';
import { reportFileCounts, reportLinkTypes, reportLost, reportTimeless } from './count-report.js';
import type { DumpOptions } from './dump-arguments.js';
import { DumpOutput } from './dump-output.js';
import { DumpPlan } from './dump-plan.js';
import { watchSignals } from './dump-signals.js';
import { Ending } from './ending.js';
import { FrameCounts } from './frame-counts.js';
import type { FramePipeline } from './frame-pipeline.js';
import { RecordedFrames, RecordedTypes } from './recorded-frames.js';

/** `rtap rx-dump -r`: prints or rewrites saved captures in turn, from files or from standard input (`-`). */
export async function runFileDump(
  paths: readonly string[],
  options: DumpOptions,
  console: Console,
): Promise<void> {
  const interfaces: CapturedInterface[] = [];
  using plan = await DumpPlan.make(options, interfaces);
  const open = (path: string) => openInput(path, { repeated: false, console });
  for (const path of paths) refuseSameFile(path, options);
  // Before the output: if one cannot be opened, an older capture of the output's name is not overwritten.
  for (const path of paths) if (!isPipe(path)) open(path)[Symbol.dispose]();
  using output = DumpOutput.open(plan.sinks, options, console);
  const ending = new Ending();
  output.watch(ending);
  const counts = new FrameCounts();
  const pipeline = plan.pipeline(output, ending, counts);
  const types = new RecordedTypes();
  const run = new FileRun(pipeline, output, options);
  using undo = new Undo();
  const report = () => {
    reportFileCounts(counts, run.read, options, console);
    reportLinkTypes(types, console);
    reportTimeless(run.timeless, options, console);
  };
  watchSignals({ output, ending, report }, console, undo);
  let fault: Error | undefined;
  for (const path of paths) {
    using frames = new RecordedFrames(open(path), inputName(path), interfaces, types);
    void ending.reached.then(() => frames.cancel());
    console.note(`rx-dump: reading from ${inputName(path)}`);
    fault = await run.untilEnd(frames, ending);
    if (fault !== undefined || ending.reason !== undefined) break;
  }
  await output.finish();
  report();
  reportLost(output.lost, console);
  plan.conclude(counts, console, { missed: null });
  output.assertWritten();
  if (fault !== undefined) throw fault;
  if (output.lost > 0 || !types.refused.empty) console.exitCode = EXIT_INCOMPLETE;
}

/** Reading a file, and writing many small ones, never waits. So often signals get a turn of the event loop. */
const TURN_MS = 10;

/** Passes the frames of captures to a pipeline, as fast as the readers of the output take them. */
class FileRun {
  /** Frames read so far. */
  read = 0;
  /** Frames so far that are written and have no time. */
  timeless = 0;
  readonly #pipeline: FramePipeline;
  readonly #output: DumpOutput;
  readonly #queues: ReadonlySet<number> | undefined;
  /** When signals had their last turn. */
  #turnMs = performance.now();

  constructor(pipeline: FramePipeline, output: DumpOutput, options: DumpOptions) {
    this.#pipeline = pipeline;
    this.#output = output;
    this.#queues = options.selection === 'all' ? undefined : new Set(options.selection);
  }

  /** Reads to the end of the input or of the run. A fault in the input ends it, and is returned. */
  async untilEnd(frames: RecordedFrames, ending: Ending): Promise<Error | undefined> {
    const fault = await this.#readAll(frames, ending);
    // A fault comes in the middle of a chunk, behind frames that the readers do not have yet.
    await this.#output.caughtUp(ending);
    return fault;
  }

  async #readAll(frames: RecordedFrames, ending: Ending): Promise<Error | undefined> {
    try {
      do await this.#readChunk(frames, ending);
      while (ending.reason === undefined && (await frames.refill()));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return error;
    }
    return undefined;
  }

  async #readChunk(frames: RecordedFrames, ending: Ending): Promise<void> {
    while (ending.reason === undefined && frames.next()) {
      this.read += 1;
      const { current: frame } = frames;
      if (this.#queues !== undefined && !this.#queues.has(frame.queue)) continue;
      if (this.#pipeline.begin(frame)) {
        if (!frame.timed) this.timeless += 1;
        // One frame may become 65,000 segments, more than the output has room for.
        while (this.#pipeline.writeNext(frame)) if (this.#output.busy) await this.#output.caughtUp(ending);
      }
      if (this.#pipeline.wanted <= 0) ending.reach('count');
      if (performance.now() - this.#turnMs >= TURN_MS) await this.#turn();
    }
    this.#pipeline.settle();
    await this.#output.caughtUp(ending);
    await this.#turn();
  }

  async #turn(): Promise<void> {
    await turn();
    this.#turnMs = performance.now();
  }
}

/** Opening the capture for writing would empty it. */
function refuseSameFile(path: string, { write }: DumpOptions): void {
  if (path === '-' || write === undefined || write.path === '-') return;
  const from = statFile(path, 'read');
  const to = statFile(write.path, 'write');
  if (from?.isFile() && to !== undefined && from.dev === to.dev && from.ino === to.ino)
    throw new ArgumentTypeError(`cannot write "${write.path}": it is the capture that rtap reads`);
}
