import { ArgumentTypeError } from '../../../errors.js';
import { fileRefused } from '../../../tap/state/file-refusal.js';
import { OutputWriter } from '../../output/output-writer.js';
import type { Console } from '../../process/console.js';
import { CaptureFile } from '../files/capture-file.js';
import { CaptureFiles } from '../files/capture-files.js';
import { type CaptureOptions, CaptureOutput } from '../files/capture-output.js';
import { FrameRecorder } from '../recorder/frame-recorder.js';
import type { FrameSink, ReceptionCounter } from '../sinks/frame-sink.js';
import type { DumpOptions, WriteOptions } from './dump-arguments.js';
import type { DumpSinks } from './dump-sinks.js';
import type { Ending } from './ending.js';
import { type FrameOutput, OutputChannel } from './output-channel.js';

const STDOUT = 1;
const STDOUT_NAME = 'standard output';
/** How long `finish` waits for a reader that has stopped reading. */
const DRAIN_MS = 1000;
/** How long it waits for a reader that is slow. */
const DRAIN_SLOW_MS = 30_000;
/** After so much output, reading a saved capture waits for the readers. Bytes. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** What an output knows of where its frames come from. */
export interface OutputSource {
  /** Asked at the end of each file. @default none: a saved capture is read */
  readonly counter?: ReceptionCounter | undefined;
  /** As of OutputOptions. @default false */
  readonly meanwhile?: boolean;
}

/** Where the frames of a run go: to a capture, to standard output, to both, or nowhere. */
export class DumpOutput implements Disposable {
  readonly #channels: OutputChannel[] = [];
  #recorder: FrameRecorder | undefined;

  /** The outputs and their forms, for a pipeline. */
  get channels(): readonly OutputChannel[] {
    return this.#channels;
  }

  /** Writes a file at each event. undefined without --last. */
  get recorder(): FrameRecorder | undefined {
    return this.#recorder;
  }

  /**
   * Opens the outputs that the options name, and begins them. Throws a TypeError for a capture to a terminal, and Node's error about
   * a file.
   */
  static open(
    { written, printed, compressor }: DumpSinks,
    { write, packetBuffered: unbuffered }: DumpOptions,
    console: Console,
    { counter, meanwhile = false }: OutputSource = {},
  ): DumpOutput {
    const opened = new DumpOutput();
    if (written !== undefined && write !== undefined) {
      const capture = { sink: written, counter, unbuffered, meanwhile, compressor };
      opened.#add(written, opened.#openCapture(write, capture, console), nameOf(write));
    }
    if (printed !== undefined)
      opened.#add(printed, new OutputWriter(STDOUT, false, { unbuffered }), STDOUT_NAME);
    for (const { output } of opened.#channels) output.flush();
    return opened;
  }

  /** Packets that the readers do not have. */
  get lost(): number {
    return this.#channels.reduce((sum, { lost }) => sum + lost, 0);
  }

  /** Packets that the outputs did not take so far. */
  get refused(): number {
    return this.#channels.reduce((sum, { output }) => sum + output.refused, 0);
  }

  /** Ends the run when nothing more can be written. */
  watch(ending: Ending): void {
    for (const { output } of this.#channels) {
      output.onError(() => ending.reach('output'));
      // On a quiet device nothing is written for long, and a run that stays keeps its queues from the next one.
      output.followReader();
      // The head may have failed already.
      if (output.error !== undefined) ending.reach('output');
    }
  }

  flush(): void {
    for (const { output } of this.#channels) output.flush();
  }

  /** Goes on in other files. False if the outputs have no other files. */
  rotate(): boolean {
    return this.#channels.map(({ output }) => output.rotate()).includes(true);
  }

  /** Whether so much output waits that a source should wait, if it can. */
  get busy(): boolean {
    for (const { byteCount } of this.#channels) if (byteCount >= WAITING_BYTES_MAX) return true;
    return false;
  }

  /** Settles when the readers have everything, or when they are not to be waited for: after a signal, or an error. */
  async caughtUp(ending: Ending): Promise<void> {
    for (const channel of this.#channels) {
      channel.output.flushSoon();
      while (channel.waiting && channel.patient && !interrupts(ending)) await channel.output.drain(DRAIN_MS);
      channel.restartCount();
    }
  }

  /** Ends the outputs, and waits for slow readers within limits. */
  async finish(): Promise<void> {
    for (const { output } of this.#channels) output.finish();
    await Promise.all(this.#channels.map((channel) => channel.drain(DRAIN_MS, DRAIN_SLOW_MS)));
  }

  /** Lets `finish` wait a second at most, even for a reader that makes progress. */
  hurry(): void {
    for (const channel of this.#channels) channel.patient = false;
  }

  /** Throws the error that ended an output. A reader that left is none. */
  assertWritten(): void {
    for (const { output, name } of this.#channels) {
      const { error } = output;
      if (error !== undefined && error.code !== 'EPIPE')
        throw fileRefused('write', error.path ?? name, error.code ?? '');
    }
  }

  [Symbol.dispose](): void {
    for (const channel of this.#channels.splice(0)) channel[Symbol.dispose]();
  }

  #openCapture(write: WriteOptions, options: CaptureOptions, console: Console): FrameOutput {
    const { path, recording } = write;
    if (recording === undefined) return openCapture(write, options, console);
    this.#recorder = new FrameRecorder(path, {
      ...options,
      recording,
      note: (text) => console.note(text),
      warn: (text) => console.warn(text),
    });
    return this.#recorder;
  }

  #add(sink: FrameSink, output: FrameOutput, name: string): void {
    this.#channels.push(new OutputChannel(sink, output, name));
  }
}

/** A run that has all the frames that it wants still waits for its readers. */
function interrupts({ reason }: Ending): boolean {
  return reason !== undefined && reason !== 'count';
}

function nameOf({ path }: WriteOptions): string {
  return path === '-' ? STDOUT_NAME : path;
}

/** One file, several files, or standard output, which must be no terminal. */
function openCapture(
  { path, rotation }: WriteOptions,
  options: CaptureOptions,
  console: Console,
): CaptureOutput {
  if (rotation !== undefined) {
    return new CaptureFiles(path, { ...options, rotation, warn: (text) => console.warn(text) });
  }
  if (path !== '-') return new CaptureFile(path, options);
  if (console.terminal) {
    throw new ArgumentTypeError('cannot write "-": standard output is a terminal, and a capture is binary');
  }
  return new CaptureOutput(STDOUT, false, options);
}
