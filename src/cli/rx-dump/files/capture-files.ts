import { OutputWriter } from '../../output/output-writer.js';
import type { FrameOutput, OutputEnvelope } from '../sinks/frame-output.js';
import { AfterRotation } from './after-rotation.js';
import { FileNames } from './file-names.js';
import type { FileRotation } from './file-rotation.js';
import { PartFiles } from './part-files.js';
import { RotationSchedule } from './rotation-schedule.js';

export interface CaptureFilesOptions {
  /** Asked for the head and the tail of each file. */
  readonly envelope: OutputEnvelope;
  readonly rotation: FileRotation;
  /** Hand over each burst at once. @default false */
  readonly unbuffered?: boolean | undefined;
  /** Told of a command of -z that fails. */
  readonly warn: (text: string) => void;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
}

/** A capture in a row of files: by size, by the clock, or when told. */
export class CaptureFiles implements FrameOutput {
  readonly #rotation: FileRotation;
  readonly #clock: () => number;
  readonly #names: FileNames;
  readonly #command: AfterRotation | undefined;
  readonly #files: PartFiles;
  readonly #writer: OutputWriter;
  readonly #schedule: RotationSchedule | undefined;
  #onEnd: () => void = () => {};
  #fileBytes = 0;
  #fileCount = 1;
  #burstBegins = true;
  #finished = false;

  /** Begins the first file. Throws what the kernel says of it, and a TypeError for a name that cannot be. */
  constructor(path: string, { envelope, rotation, unbuffered, warn, clock = Date.now }: CaptureFilesOptions) {
    this.#rotation = rotation;
    this.#clock = clock;
    this.#names = new FileNames(path, rotation);
    this.#command = rotation.command === undefined ? undefined : new AfterRotation(rotation.command, warn);
    this.#files = new PartFiles(this.#command);
    const first = this.#files.begin(this.#names.nextPeriod(this.#seconds()));
    this.#writer = new OutputWriter(first, true, {
      envelope: { begin: () => this.#countHead(envelope.begin()), end: () => envelope.end() },
      unbuffered,
    });
    this.#schedule =
      rotation.periodSeconds === undefined
        ? undefined
        : new RotationSchedule(rotation.periodSeconds, clock, () => this.#endPeriod());
  }

  get error(): NodeJS.ErrnoException | undefined {
    const { error } = this.#writer;
    if (error !== undefined) error.path ??= this.#files.path;
    return error;
  }

  get refused(): number {
    return this.#writer.refused;
  }

  get dropped(): number {
    return this.#writer.dropped;
  }

  write(item: Uint8Array): boolean {
    // Once a burst: its frames have one time, and a frame of the new period never lands in the old file.
    const periodOver = this.#burstBegins && this.#schedule?.due === true;
    this.#burstBegins = false;
    const taken =
      periodOver || this.#fileBytes > this.#rotation.fileBytesMax ? this.#makeRoom(item, periodOver) : item;
    this.#fileBytes += taken.length;
    return this.#writer.write(taken);
  }

  flush(): void {
    this.#writer.flush();
  }

  flushSoon(): void {
    this.#burstBegins = true;
    this.#writer.flushSoon();
  }

  async drain(timeoutMs: number): Promise<void> {
    await this.#writer.drain(timeoutMs);
    await this.#command?.ended();
  }

  onError(listener: () => void): void {
    this.#onEnd = listener;
    this.#writer.onError(listener);
  }

  rotate(): boolean {
    if (this.#isLast()) this.#end();
    else if (this.#schedule === undefined) this.#goOn(() => this.#names.nextNumber());
    else this.#goOn(() => this.#names.nextPeriod(this.#seconds()));
    return true;
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#schedule?.[Symbol.dispose]();
    this.#replaceFile(() => undefined);
  }

  [Symbol.dispose](): void {
    this.#schedule?.[Symbol.dispose]();
    this.#writer[Symbol.dispose]();
  }

  #seconds(): number {
    return Math.floor(this.#clock() / 1000);
  }

  #countHead(head: Uint8Array): Uint8Array {
    this.#fileBytes = head.length;
    return head;
  }

  /** Goes on in the next file; the item may lie where the head and the tail are made too, so a copy of it is written. */
  #makeRoom(item: Uint8Array, periodOver: boolean): Uint8Array {
    const copy = new Uint8Array(item);
    if (periodOver) this.#endPeriod();
    if (this.#fileBytes > this.#rotation.fileBytesMax) this.#goOn(() => this.#names.nextNumber());
    return copy;
  }

  #endPeriod(): void {
    if (this.#isLast()) this.#end();
    else if (this.#schedule !== undefined) {
      const began = this.#schedule.advance();
      this.#goOn(() => this.#names.nextPeriod(began));
    }
  }

  /** With -G alone, -W counts the files of the run; as in tcpdump, with -C it does not end anything. */
  #isLast(): boolean {
    const { fileBytesMax, fileCount } = this.#rotation;
    return Number.isFinite(fileBytesMax) ? false : this.#fileCount >= (fileCount ?? Number.POSITIVE_INFINITY);
  }

  /** The last file takes what comes until somebody calls `finish`. */
  #end(): void {
    this.#schedule?.[Symbol.dispose]();
    this.#onEnd();
  }

  #goOn(nextName: () => string): void {
    if (this.#finished) return;
    this.#fileCount += 1;
    this.#replaceFile(() => this.#files.begin(nextName()));
  }

  /** A file that could not be written to its end keeps the name of one that is not whole. */
  #replaceFile(next: () => number | undefined): void {
    this.#writer.finish();
    if (this.#writer.error !== undefined) return;
    this.#writer.continueIn(() => {
      this.#files.complete();
      return next();
    });
  }
}
