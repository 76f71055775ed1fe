import { ArgumentTypeError } from '../../../errors.js';
import { formatDateTime } from '../../output/date-time.js';
import { plural } from '../../output/plural.js';
import { AfterRotation } from '../files/after-rotation.js';
import type { CaptureOptions } from '../files/capture-output.js';
import { PartFiles } from '../files/part-files.js';
import { EventFile } from './event-file.js';
import { EventNames } from './event-names.js';
import { FrameMemory } from './frame-memory.js';
import type { RecordedEvent, RecordingOptions } from './recording-options.js';

const END = 'end';

/** How much longer than asked for an event's file takes frames: some that passed before are still on their way. Milliseconds. */
const ARRIVAL_MS = 150;

/** What is recorded when, and how the user learns of it. */
export interface FrameRecorderOptions extends CaptureOptions {
  readonly recording: RecordingOptions;
  /** Prints a line when a file is whole. */
  readonly note: (text: string) => void;
  /** Prints a warning when a command of -z fails. */
  readonly warn: (text: string) => void;
}

interface OpenFile {
  readonly file: EventFile;
  readonly event: string;
  readonly timer: NodeJS.Timeout | undefined;
}

/**
 * Keeps the newest frames in memory. An event writes them into a file of its own, with those that come in some time after it. The frames
 * stay in memory, so each file has what came before its event. An event of a kind whose file is still taking frames makes no other file.
 *
 * The end of the run is an event too, unless a file is still taking frames, which then has all of them.
 */
export class FrameRecorder implements Disposable {
  readonly #options: FrameRecorderOptions;
  readonly #memory: FrameMemory;
  readonly #names: EventNames;
  readonly #command: AfterRotation | undefined;
  readonly #open = new Map<RecordedEvent | typeof END, OpenFile>();
  #isWriting = false;
  #isFinished = false;
  #error: NodeJS.ErrnoException | undefined;
  #onError: () => void = () => {};

  /** Makes a file beside `path` and removes it, so that a mistake is found before an event. Throws Node's error. */
  constructor(path: string, options: FrameRecorderOptions) {
    const { recording, warn } = options;
    this.#options = options;
    this.#names = new EventNames(path, recording.filesMax);
    this.#tryName();
    this.#memory = new FrameMemory(recording.bytes);
    this.#command = recording.command === undefined ? undefined : new AfterRotation(recording.command, warn);
  }

  /** The events that make a file. */
  get events(): ReadonlySet<RecordedEvent> {
    return this.#options.recording.events;
  }

  /** Where the next frame is encoded. It changes with `reserve`. */
  get buffer(): Buffer<ArrayBuffer> {
    return this.#memory.buffer;
  }

  /** Why no file can be written any more. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#error;
  }

  /** Frames that make room for newer ones are not lost. */
  readonly refused = 0;
  readonly dropped = 0;
  readonly takenBytes = 0;

  reserve(bytesMax: number): number {
    return this.#memory.reserve(bytesMax);
  }

  commit(byteCount: number): boolean {
    this.#memory.commit(byteCount);
    return true;
  }

  /** Begins the file of an event, which `text` describes. */
  record(kind: RecordedEvent | typeof END, text: string): void {
    const isOver = this.#isFinished && kind !== END;
    if (isOver || this.#error !== undefined || this.#open.has(kind)) return;
    const name = this.#names.take();
    // All files that may be there are taking frames: they have those of this event.
    if (name === undefined) return;
    try {
      this.#begin(kind, name, text);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  flush(): void {
    for (const { file } of this.#open.values()) file.flush();
  }

  /** At the end of a burst: lets the files of events have its frames. */
  flushSoon(): void {
    if (this.#open.size === 0 || this.#isWriting) return;
    this.#isWriting = true;
    setImmediate(() => this.#writePieces());
  }

  onError(listener: () => void): void {
    this.#onError = listener;
  }

  /** A file has no reader. */
  followReader(): void {}

  /** There is no file to go on in. */
  rotate(): boolean {
    return false;
  }

  /** Ends the files of events. If there is none, writes one. */
  finish(): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    if (this.#open.size === 0) this.record(END, 'end of the run');
    for (const kind of [...this.#open.keys()]) this.#close(kind);
  }

  /** Settles when no command of -z runs any more. */
  async drain(): Promise<void> {
    await this.#command?.ended();
  }

  [Symbol.dispose](): void {
    for (const { file, timer } of this.#open.values()) {
      clearTimeout(timer);
      file[Symbol.dispose]();
    }
    this.#open.clear();
  }

  /** Makes the first file and removes it. */
  #tryName(): void {
    const name = this.#names.take()!;
    const parts = new PartFiles(() => {});
    parts.abandon(parts.begin(name));
    this.#names.release(name);
  }

  #begin(kind: RecordedEvent | typeof END, name: string, text: string): void {
    const { sink, recording } = this.#options;
    const comment = `${text}, ${formatDateTime(new Date())}`;
    const file = new EventFile(name, this.#memory.first, {
      ...this.#options,
      sink: { begin: () => sink.begin(comment), end: (statistics) => sink.end(statistics) },
    });
    const delayMs = recording.after * 1000 + ARRIVAL_MS;
    const timer = kind === END ? undefined : setTimeout(() => this.#close(kind), delayMs);
    this.#open.set(kind, { file, event: text, timer });
    this.#memory.isRead = true;
    this.flushSoon();
  }

  /** A piece a turn of the event loop, so that the queues are read meanwhile. */
  #writePieces(): void {
    this.#isWriting = false;
    let isBehind = false;
    for (const { file } of this.#open.values()) {
      isBehind = file.writePiece() || isBehind;
      if (file.error !== undefined) this.#fail(file.error);
    }
    if (isBehind) this.flushSoon();
  }

  #close(kind: RecordedEvent | typeof END): void {
    const opened = this.#open.get(kind);
    if (opened === undefined) return;
    const { file, event, timer } = opened;
    clearTimeout(timer);
    this.#open.delete(kind);
    using _ = file;
    file.finish();
    this.#memory.isRead = this.#open.size > 0;
    this.#names.release(file.name);
    if (file.error === undefined) this.#announce(file, event);
    else this.#fail(file.error);
  }

  #announce({ name, frames }: EventFile, event: string): void {
    this.#options.note(`${name}: ${plural(frames, 'packet')}, ${event}`);
    this.#command?.run(name);
  }

  #fail(error: NodeJS.ErrnoException): void {
    // A name can get impossible while the run goes on: another program has made a folder of it.
    if (!(error instanceof ArgumentTypeError) && error.code === undefined) throw error;
    this.#error ??= error;
    this.#onError();
  }
}
